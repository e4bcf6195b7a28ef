//! Voids what a line never confirmed: an identity that nobody read back belongs to no device that leaves the factory.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::{life, revocation};
use tegata_domain::change::{Change, Write};
use tegata_domain::device::{Device, DeviceError};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::DeviceRow;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::revocation::Reason;
use tegata_domain::time::Timestamp;
use tegata_store::Page;

/// Devices that are looked at together.
const TOGETHER: u32 = 256;

/// Voids every device whose time to be confirmed is over; answers how many. The permit's count is not given back.
///
/// Devices come in the order in which they were made, so the first page that holds none in need ends the round.
pub async fn void_due(cx: &Inner) -> Result<usize> {
    let (mut after, mut voided) = (DeviceRow(0), 0);
    loop {
        let page = cx.store.device().unconfirmed(Page { after, limit: TOGETHER }).await?;
        let Some(last) = page.last().map(|device| device.row) else { return Ok(voided) };
        after = last;
        let (some, due) = void(page, cx).await?;
        voided += some;
        if due == 0 {
            return Ok(voided);
        }
    }
}

/// Voids those of a page that are due; how many were voided, and how many were due.
async fn void(page: Vec<Device>, cx: &Inner) -> Result<(usize, usize)> {
    let now = cx.now()?;
    let permit = Actor::Platform.permit(Operation::VoidDevice, tegata_domain::permit::Subject::default())?;
    let (mut changes, mut failed) = (Vec::new(), 0);
    for device in page {
        match decide(device, now, cx).await {
            Ok(change) => changes.extend(change),
            // one that cannot be voided keeps no other back
            Err(error) => {
                tracing::error!(%error, cause = ?error.source, "a device could not be voided");
                failed += 1;
            }
        }
    }
    let due = changes.len() + failed;
    if changes.is_empty() {
        return Ok((0, due));
    }
    let outcomes = cx.store.save_all(changes, &permit, now).await?;
    // what was refused was confirmed or retired meanwhile
    let voided = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    tracing::warn!(voided, "devices were voided: their line never confirmed them");
    Ok((voided, due))
}

async fn decide(device: Device, now: Timestamp, cx: &Inner) -> Result<Option<Change>> {
    let (row, batch, maker, serial) = (device.row, device.batch, device.maker, device.serial.clone());
    let step = match device.void(cx.settings.confirm_within, now) {
        Ok(step) => step,
        Err(DeviceError::NotVoid) => return Ok(None),
        Err(error) => return Err(Error::conflict("life", error)),
    };
    let Some((write, after)) = life::write(cx, step).await? else { return Ok(None) };
    let kind = FindingKind::NeverConfirmed;
    let finding = Finding {
        uid: cx.uid(now),
        organisation: maker,
        device: Some(row),
        batch: Some(batch),
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: now,
        data: serde_json::json!({ "serial": serial }),
        closed: None,
    };
    let mut writes = vec![write, Write::Finding(finding)];
    writes.extend(revocation::end_all(&after, |_| true, Reason::CessationOfOperation, now, cx).await?);
    let number = cx.numbers.number(row.0).ok_or_else(|| Error::internal("no number key"))?;
    Ok(Some(Change::of(number.masked(), writes)))
}
