//! The owner takes an offer back: its code opens nothing any more.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::Result;
use tegata_domain::change::{Change, Write};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};

/// Ends the offer of a device. Where none stands, nothing changes.
pub async fn cancel(number: Number, actor: &Actor, cx: &Inner) -> Result<()> {
    let device = load(number, cx).await?;
    let permit = actor.permit(Operation::TransferDevice, &device).map_err(|e| hide(e, "device"))?;
    if cx.store.transfer().of_device(device.row).await?.is_none() {
        return Ok(());
    }
    let now = cx.now()?;
    cx.store.save(Change::of(number.masked(), vec![Write::OfferEnd(device.row)]), &permit, now).await?;
    Ok(())
}
