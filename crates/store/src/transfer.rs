//! Offers of devices: SQL.

use crate::engine::{Connection, Row, time};
use crate::{Error, Store, event, period};
use tegata_domain::id::{DeviceRow, OrganisationRow};
use tegata_domain::transfer::{Claim, Offer};

/// Enters an offer in place of an older one; false when the device is no longer the giver's.
pub(crate) fn offer(c: &Connection, o: &Offer) -> Result<bool, Error> {
    let text = "insert into transfer (device, giver, period, hash, receiver, reason, offered_at, expires_at)
        select id, owner, period, $4, $5, $6, $7, $8 from device where id = $1 and owner = $2 and period = $3
        on conflict (device) do update set giver = $2, period = $3, hash = $4, receiver = $5, reason = $6,
            offered_at = $7, expires_at = $8";
    let to = o.to.map(|to| to.0);
    let times = (o.offered_at.millis(), o.expires_at.millis());
    let values = (o.device.0, o.giver.0, o.period, o.hash, to, &o.reason, times.0, times.1);
    Ok(c.execute(text, values)? == 1)
}

/// Ends the offer of a device, if one stands.
pub(crate) fn end(c: &Connection, device: DeviceRow) -> Result<(), Error> {
    c.execute("delete from transfer where device = $1", [device.0])?;
    Ok(())
}

/// What the giver asked of the device and agreed to is not the taker's wish; when it last used it, and what the device
/// told of itself, is not the taker's to know.
const LEFT_BY_THE_GIVER: [&str; 10] = [
    "delete from disposal where device = $1",
    "delete from seen where device = $1",
    "delete from attribute where device = $1",
    "update updating set consent_at = null, initiator = null, remark = null, installed = null, wanted = 1
        where device = $1",
    "delete from target_token where device = $1",
    "delete from scan where device = $1",
    "delete from scanned where device = $1",
    "delete from report where device = $1",
    "delete from challenge where device = $1",
    "update device set looked = 0 where id = $1",
];

/// Takes the offer, so that nobody takes it twice; false when it does not stand any more, or a campaign took the device
/// in meanwhile: what is under way ends first, in the same change.
pub(crate) fn claim(c: &Connection, claim: &Claim) -> Result<bool, Error> {
    let text = "delete from transfer where device = $1 and hash = $2
        and not exists (select 1 from action where device = $1 and closed_at is null)";
    if c.execute(text, (claim.device.0, claim.hash))? == 0 {
        return Ok(false);
    }
    period::insert(c, claim)?;
    event::insert_epochs(c, std::iter::once((claim.device, claim.period, &claim.epoch_key)))?;
    for text in LEFT_BY_THE_GIVER {
        c.execute(text, [claim.device.0])?;
    }
    Ok(true)
}

fn read(row: &Row<'_>) -> Result<Offer, Error> {
    Ok(Offer {
        device: DeviceRow(row.get(0)?),
        giver: OrganisationRow(row.get(1)?),
        period: row.get(2)?,
        hash: row.get(3)?,
        to: row.get::<Option<i64>>(4)?.map(OrganisationRow),
        reason: row.get(5)?,
        offered_at: time(row, 6)?,
        expires_at: time(row, 7)?,
    })
}

/// Reads of offers.
pub struct Transfers<'a>(&'a Store);

impl Store {
    /// Reads of offers.
    pub fn transfer(&self) -> Transfers<'_> {
        Transfers(self)
    }
}

impl Transfers<'_> {
    /// The offer whose code has this digest.
    pub async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Offer>, Error> {
        let text = "select device, giver, period, hash, receiver, reason, offered_at, expires_at from transfer
            where hash = $1";
        self.0.read(|c| c.one(text, [hash], read))
    }

    /// The offer of a device.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Option<Offer>, Error> {
        let text = "select device, giver, period, hash, receiver, reason, offered_at, expires_at from transfer
            where device = $1";
        self.0.read(|c| c.one(text, [device.0], read))
    }
}
