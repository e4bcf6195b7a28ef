//! Disposal of devices: SQL.

use crate::engine::{Connection, Row, code};
use crate::{Error, Store};
use tegata_domain::change::DisposalEnd;
use tegata_domain::disposal::{Disposal, Erasure};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// Asks for it; a second time changes nothing. False when the device is no longer in that owner period.
pub(crate) fn ask(c: &Connection, device: DeviceRow, period: u32, at: Timestamp) -> Result<bool, Error> {
    let text = "insert into disposal (device, requested_at, erasure) select id, $3, 0 from device
        where id = $1 and period = $2
        on conflict (device) do update set requested_at = coalesce(disposal.requested_at, $3)";
    Ok(c.execute(text, (device.0, period, at.millis()))? == 1)
}

/// Tells how it ended.
pub(crate) fn end(c: &Connection, d: &DisposalEnd) -> Result<(), Error> {
    let text = "insert into disposal (device, ended_at, erasure, statement, signature) values ($1, $2, $3, $4, $5)
        on conflict (device) do update set ended_at = $2, erasure = $3, statement = $4, signature = $5";
    let receipt = d.receipt.as_ref();
    let (statement, signature) = (receipt.map(|r| &r.0), receipt.map(|r| &r.1));
    c.execute(text, (d.device.0, d.at.millis(), d.erasure as u8, statement, signature))?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Disposal, Error> {
    let time = |column| Ok::<_, Error>(row.get::<Option<i64>>(column)?.map(Timestamp::from_millis));
    let statement: Option<String> = row.get(4)?;
    Ok(Disposal {
        device: DeviceRow(row.get(0)?),
        requested_at: time(1)?,
        ended_at: time(2)?,
        erasure: code(row, 3, &Erasure::ALL)?,
        receipt: statement.zip(row.get::<Option<Vec<u8>>>(5)?),
    })
}

/// Reads of disposals.
pub struct Disposals<'a>(&'a Store);

impl Store {
    /// Reads of disposals.
    pub fn disposal(&self) -> Disposals<'_> {
        Disposals(self)
    }
}

impl Disposals<'_> {
    /// What is known of a device's disposal.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Option<Disposal>, Error> {
        let text = "select device, requested_at, ended_at, erasure, statement, signature from disposal
            where device = $1";
        self.0.read(|c| c.one(text, [device.0], read))
    }
}
