//! The owner asks a device to erase itself; it hears of it with its next heartbeat.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::device::{DeviceError, Stage};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::time::Timestamp;

/// Asks for the erasure of a device; answers since when that stands. A second time changes nothing.
pub async fn ask(number: Number, actor: &Actor, cx: &Inner) -> Result<Timestamp> {
    let device = load(number, cx).await?;
    let permit = actor.permit(Operation::DisposeDevice, &device).map_err(|e| hide(e, "device"))?;
    if device.stage == Stage::Retired {
        return Err(Error::conflict("life", DeviceError::Retired));
    }
    if let Some(since) = cx.store.disposal().of_device(device.row).await?.and_then(|known| known.requested_at) {
        return Ok(since);
    }
    let now = cx.now()?;
    let change = Change::of(number.masked(), vec![Write::DisposalAsk(device.row, device.period, now)]);
    cx.store.save(change, &permit, now).await?;
    Ok(now)
}
