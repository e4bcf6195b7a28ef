//! What a device runs: what it reports, and nothing else, makes an update done.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::life;
use tegata_domain::action::ActionStep;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::id::DeviceRow;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::release::{Running, is_reported};
use tegata_domain::time::Timestamp;

/// How often a report is decided again when another request came between.
const TRIES: usize = 16;

pub(crate) fn wrong_version() -> Error {
    Error::invalid("version", "a version has 1 to 64 printable ASCII characters")
}

/// The device reports the version that it runs: an event when it is another one than before, and the end of its action
/// when that was about this version, or when another one was installed.
pub async fn report(device: &Device, version: &str, cx: &Inner) -> Result<()> {
    if !is_reported(version) {
        return Err(wrong_version());
    }
    let permit = Actor::Device(device.row).permit(Operation::UpdateDevice, device)?;
    for _ in 0..TRIES {
        let now = cx.now()?;
        let mut writes = Vec::new();
        if let Some(step) = answered(device.row, version, now, cx).await? {
            writes.push(Write::Action(Box::new(step)));
        }
        let before = of(device.row, cx).await?.map(|running| running.version);
        if before.as_deref() != Some(version) {
            writes.extend(runs(device, version, before.as_deref(), now, cx).await?);
        }
        if writes.is_empty() {
            return Ok(());
        }
        match cx.store.save(Change::of("", writes), &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => continue,
            other => return other,
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

/// What the report means for the device's live action.
async fn answered(device: DeviceRow, version: &str, now: Timestamp, cx: &Inner) -> Result<Option<ActionStep>> {
    let Some(action) = cx.store.action().live_of(device).await? else { return Ok(None) };
    let release = super::by_row(action.release, cx).await?;
    let after = action.clone().reported(release.version == version, now);
    Ok(after.map(|after| ActionStep::new(&action, after, Vec::new(), now)))
}

/// Event and row of a version that is new to the device.
async fn runs(device: &Device, version: &str, before: Option<&str>, now: Timestamp, cx: &Inner) -> Result<Vec<Write>> {
    // as it is now: its chain may have grown since it was identified
    let device = cx.store.device().by_row(device.row).await?.ok_or_else(|| Error::not_found("device"))?;
    let release = cx.store.release().by_version(device.product, version).await?;
    let running = Running { device: device.row, version: version.to_owned(), release: None, at: now };
    let running = Running { release: release.as_ref().map(|release| release.row), ..running };
    let step = device.updated(version, before, release.map(|release| release.uid), now);
    let event = life::write(cx, step).await?.map(|(write, _)| write);
    Ok(event.into_iter().chain([Write::Running(running)]).collect())
}

/// What a device runs.
pub async fn of(row: DeviceRow, cx: &Inner) -> Result<Option<Running>> {
    Ok(cx.store.release().running(row).await?)
}
