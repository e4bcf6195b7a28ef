//! Reads of reports, for who made or owns the device.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::Result;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::report::Report;

/// A report as who may look at it sees it.
#[derive(Debug)]
pub struct Told {
    /// Its cursor.
    pub cursor: i64,
    /// The report.
    pub report: Report,
}

/// The reports about a device after `after`, at most `limit`, oldest first.
pub async fn list(number: Number, (after, limit): (i64, u32), actor: &Actor, cx: &Inner) -> Result<Vec<Told>> {
    let device = load(number, cx).await?;
    actor.permit(Operation::ReadFinding, &device).map_err(|e| hide(e, "device"))?;
    let page = cx.store.report().page(device.row, after, limit).await?;
    Ok(page.into_iter().map(|(cursor, report)| Told { cursor, report }).collect())
}
