//! The offer of a device, as its owner sees it.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::Result;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::time::Timestamp;

/// Until when an offer of a device stands; `None` where none does. For who may hand it on.
pub async fn standing(number: Number, actor: &Actor, cx: &Inner) -> Result<Option<Timestamp>> {
    let device = load(number, cx).await?;
    actor.permit(Operation::TransferDevice, &device).map_err(|e| hide(e, "device"))?;
    let (now, offer) = (cx.reading()?, cx.store.transfer().of_device(device.row).await?);
    let stands = |offer: &tegata_domain::transfer::Offer| offer.period == device.period && now < offer.expires_at;
    Ok(offer.filter(stands).map(|offer| offer.expires_at))
}
