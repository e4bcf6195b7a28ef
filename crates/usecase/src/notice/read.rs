//! Reads of notices, for whom they are meant.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::id::NoticeRow;
use tegata_domain::notice::Notice;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// A notice as its reader sees it.
pub struct Seen {
    /// Its cursor.
    pub row: i64,
    /// The notice.
    pub notice: Notice,
    /// Number of the device that it is about.
    pub number: Option<Number>,
}

/// The notices of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let Scope::Organisation(own) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadNotice, Subject::of(own))?;
    let all = cx.store.notice().page(own, NoticeRow(after), limit).await?;
    Ok(all.into_iter().map(|one| see(one, cx)).collect())
}

/// The notices to the actor's organisation about a device, newest first, at most `limit`.
pub async fn of_device(number: Number, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let device = crate::device::load(number, cx).await?;
    let hidden = |e| crate::device::hide(e, "device");
    actor.permit(Operation::ReadNotice, &device).map_err(hidden)?;
    let Scope::Organisation(own) = actor.scope() else { return Ok(Vec::new()) };
    let all = cx.store.notice().of_device(own, device.row, limit).await?;
    Ok(all.into_iter().map(|one| see(one, cx)).collect())
}

pub(super) fn see((row, notice): (NoticeRow, Notice), cx: &Inner) -> Seen {
    let number = notice.device.and_then(|device| cx.numbers.number(device.0));
    Seen { row: row.0, notice, number }
}
