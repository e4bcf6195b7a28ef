//! Reads of findings.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::finding::{Finding, FindingState};
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// A finding as who may look at it sees it.
pub struct Seen {
    /// Its cursor.
    pub cursor: i64,
    /// The finding.
    pub finding: Finding,
    /// The device's number, where it is about one.
    pub number: Option<Number>,
}

/// The findings about a device that the actor's organisation has, newest first, at most `limit`.
pub async fn of_device(number: Number, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Finding>> {
    let device = crate::device::load(number, cx).await?;
    let hidden = |e| crate::device::hide(e, "device");
    actor.permit(Operation::ReadFinding, &device).map_err(hidden)?;
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    Ok(cx.store.finding().of_device(device.row, organisation, limit).await?)
}

/// One finding. One on a device that its organisation neither made nor owns any more is out of sight, as in lists.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Seen> {
    let not_found = || Error::not_found("finding");
    let finding = cx.store.finding().by_uid(uid).await?.ok_or_else(not_found)?;
    let permitted = actor.permit(Operation::ReadFinding, Subject::of(finding.organisation));
    permitted.map_err(|e| crate::device::hide(e, "finding"))?;
    if !super::close::is_in_sight(&finding, cx).await? {
        return Err(not_found());
    }
    let number = finding.device.and_then(|device| cx.numbers.number(device.0));
    Ok(Seen { cursor: 0, finding, number })
}

/// The findings of the actor's organisation in a state, or in any, after `after`, at most `limit`.
pub async fn list(
    state: Option<FindingState>,
    (after, limit): (i64, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<Seen>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadFinding, Subject::of(organisation))?;
    let page = cx.store.finding().page(organisation, state, after, limit).await?;
    let see = |(cursor, finding): (i64, Finding)| {
        let number = finding.device.and_then(|device| cx.numbers.number(device.0));
        Seen { cursor, finding, number }
    };
    Ok(page.into_iter().map(see).collect())
}
