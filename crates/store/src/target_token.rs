//! Tokens of devices: SQL.

use crate::engine::{Connection, Row, time};
use crate::{Error, Store};
use tegata_domain::device::Stage;
use tegata_domain::id::DeviceRow;
use tegata_domain::target_token::TargetToken;

/// False where the device is in another owner period by now, or retired.
pub(crate) fn put(c: &Connection, t: &TargetToken) -> Result<bool, Error> {
    let text = "insert into target_token (device, period, hash, created_at)
        select id, period, $3, $4 from device where id = $1 and period = $2 and stage < $5
        on conflict (device) do update set
        period = excluded.period, hash = excluded.hash, created_at = excluded.created_at";
    let values = (t.device.0, t.period, t.hash, t.created_at.millis(), Stage::Retired as u8);
    Ok(c.execute(text, values)? == 1)
}

fn read(row: &Row<'_>) -> Result<TargetToken, Error> {
    Ok(TargetToken {
        device: DeviceRow(row.get(0)?),
        period: row.get(1)?,
        hash: row.get(2)?,
        created_at: time(row, 3)?,
    })
}

/// Reads of tokens of devices.
pub struct TargetTokens<'a>(&'a Store);

impl Store {
    /// Reads of tokens of devices.
    pub fn target_token(&self) -> TargetTokens<'_> {
        TargetTokens(self)
    }
}

impl TargetTokens<'_> {
    /// That of a device.
    pub async fn of(&self, device: DeviceRow) -> Result<Option<TargetToken>, Error> {
        let text = "select device, period, hash, created_at from target_token where device = $1";
        self.0.read(|c| c.one(text, [device.0], read))
    }
}
