//! What is known of a device's disposal.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::Result;
use tegata_domain::device::Stage;
use tegata_domain::disposal::Disposal;
use tegata_domain::id::DeviceRow;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Scope};

/// The disposal of a device, for who may read the device. That it was asked for, its owner alone sees.
pub async fn of(number: Number, actor: &Actor, cx: &Inner) -> Result<Option<Disposal>> {
    let device = load(number, cx).await?;
    actor.permit(Operation::ReadDevice, &device).map_err(|e| hide(e, "device"))?;
    let known = cx.store.disposal().of_device(device.row).await?;
    if actor.scope() == Scope::Organisation(device.owner) {
        return Ok(known);
    }
    Ok(known.filter(|_| device.stage == Stage::Retired).map(|d| Disposal { requested_at: None, ..d }))
}

/// Whether the owner asked this device to erase itself: what a heartbeat answers.
pub async fn asked(device: DeviceRow, cx: &Inner) -> Result<bool> {
    let known = cx.store.disposal().of_device(device).await?;
    Ok(known.is_some_and(|d| d.requested_at.is_some() && d.ended_at.is_none()))
}
