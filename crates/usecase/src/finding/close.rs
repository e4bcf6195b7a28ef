//! Closes a finding: somebody looked at it, and says what became of it.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::finding::Finding;
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Subject};

/// The longest reason.
const REASON_MAX: usize = 500;

/// Closes a finding; answers it as it stands then. A second time changes nothing and answers what stands.
pub async fn close(uid: Uuid, reason: &str, actor: &Actor, cx: &Inner) -> Result<Finding> {
    let not_found = || Error::not_found("finding");
    let finding = cx.store.finding().by_uid(uid).await?.ok_or_else(not_found)?;
    let permit = actor.permit(Operation::CloseFinding, Subject::of(finding.organisation));
    let permit = permit.map_err(|e| crate::device::hide(e, "finding"))?;
    if !is_in_sight(&finding, cx).await? {
        return Err(not_found());
    }
    let reason = reason.trim();
    if !(1..=REASON_MAX).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(Error::invalid("reason", "reason has 1 to 500 characters, without control characters"));
    }
    if finding.closed.is_some() {
        return Ok(finding);
    }
    let now = cx.now()?;
    let write = Write::FindingEnd(uid, now, reason.to_owned());
    match cx.store.save(Change::of(uid.to_string(), vec![write]), &permit, now).await.map_err(Error::from) {
        Err(e) if e.code == "stale" => {}
        Err(e) => return Err(e),
        Ok(()) => {}
    }
    cx.store.finding().by_uid(uid).await?.ok_or_else(not_found)
}

/// A finding on a device that its organisation neither made nor owns any more is out of sight, as in lists.
pub(super) async fn is_in_sight(finding: &Finding, cx: &Inner) -> Result<bool> {
    let Some(row) = finding.device else { return Ok(true) };
    let device = cx.store.device().by_row(row).await?;
    Ok(device.is_some_and(|device| [device.maker, device.owner].contains(&finding.organisation)))
}
