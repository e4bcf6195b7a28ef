//! Owner periods: SQL.

use crate::engine::Connection;
use crate::{Error, Store};
use tegata_domain::id::{DeviceRow, OrganisationRow};
use tegata_domain::transfer::Claim;

/// Enters the period that a claim begins.
pub(crate) fn insert(c: &Connection, claim: &Claim) -> Result<(), Error> {
    let text = "insert into period (device, period, owner, began_at) values ($1, $2, $3, $4)";
    c.execute(text, (claim.device.0, claim.period, claim.owner.0, claim.at.millis()))?;
    Ok(())
}

/// Reads of owner periods.
pub struct Periods<'a>(&'a Store);

impl Store {
    /// Reads of owner periods.
    pub fn period(&self) -> Periods<'_> {
        Periods(self)
    }
}

impl Periods<'_> {
    /// The periods in which an organisation held a device; period 0 is the maker's and not among them.
    pub async fn held(&self, device: DeviceRow, organisation: OrganisationRow) -> Result<Vec<u32>, Error> {
        let text = "select period from period where owner = $1 and device = $2 order by period";
        let values = (organisation.0, device.0);
        self.0.read(|c| c.all(text, values, |row| row.get(0)))
    }
}
