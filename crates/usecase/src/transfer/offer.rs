//! The owner offers a device: whoever shows the code takes it over. Until then nothing changes.

use super::{TRIES, digest};
use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::{Error, Result};
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{OrganisationRow, Uuid};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::time::Timestamp;
use tegata_domain::transfer::{self, Code, OFFER_LIFE, Offer};

/// What is said with an offer.
#[derive(Debug, Clone, Default)]
pub struct Offering {
    /// The organisation that alone may take it.
    pub to: Option<Uuid>,
    /// A word to who takes it: at most 500 characters. It goes with the offer.
    pub reason: Option<String>,
    /// When the offer ends; in seven days when nothing is said.
    pub expires_at: Option<Timestamp>,
}

/// An offer with its code, which is shown this once.
#[derive(Debug)]
pub struct Offered {
    /// The code.
    pub code: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Offers a device. An older offer of it ends.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "transfer::offer", skip_all)]
pub async fn offer(number: Number, offering: Offering, actor: &Actor, cx: &Inner) -> Result<Offered> {
    let words = offering.reason.iter().any(|w| w.chars().count() > 500 || w.chars().any(char::is_control));
    if words {
        return Err(Error::invalid("words", "reason has at most 500 characters, without control characters"));
    }
    for _ in 0..TRIES {
        let device = load(number, cx).await?;
        let permit = actor.permit(Operation::TransferDevice, &device).map_err(|e| hide(e, "device"))?;
        let now = cx.now()?;
        let expires_at = offering.expires_at.unwrap_or(now.plus(OFFER_LIFE));
        transfer::offer(&device, expires_at, now)?;
        let to = match offering.to {
            Some(uid) => Some(receiver(uid, device.owner, cx).await?),
            None => None,
        };
        let code = Code::of(chance::bytes(&*cx.chance));
        let offer = Offer {
            device: device.row,
            giver: device.owner,
            period: device.period,
            hash: digest(code),
            to,
            reason: offering.reason.clone(),
            offered_at: now,
            expires_at,
        };
        let change = Change::of(number.masked(), vec![Write::Offer(offer)]);
        match cx.store.save(change, &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => continue,
            Err(e) => return Err(e),
            Ok(()) => return Ok(Offered { code: code.text(), expires_at }),
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

async fn receiver(uid: Uuid, giver: OrganisationRow, cx: &Inner) -> Result<OrganisationRow> {
    let found = cx.store.organisation().by_uid(uid).await?.map(|organisation| organisation.row);
    let text = "to is the id of the organisation that takes the device; leave it out and the code alone decides";
    found.filter(|row| *row != giver).ok_or_else(|| Error::invalid("to", text))
}
