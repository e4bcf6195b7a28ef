//! When devices were last heard from: SQL.

use crate::engine::{Connection, Value, time};
use crate::{Error, Store};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// When devices were last heard from.
pub struct Seen<'a>(&'a Store);

impl Store {
    /// When devices were last heard from.
    pub fn seen(&self) -> Seen<'_> {
        Seen(self)
    }
}

impl Seen<'_> {
    /// Notes several at once, each device once; a time only grows.
    pub async fn note(&self, all: Vec<(DeviceRow, Timestamp)>) -> Result<(), Error> {
        let text = "insert into seen (device, at) values ($1, $2)
            on conflict (device) do update set at = excluded.at where seen.at < excluded.at";
        let task = move |c: &Connection| {
            let rows = all.iter().map(|(device, at)| [device.0, at.millis()].map(Value::Int));
            c.insert_all(text, rows).map(drop)
        };
        self.0.0.committer.task(task).await
    }

    /// When a device was last heard from, as far as it is written down.
    pub async fn at(&self, device: DeviceRow) -> Result<Option<Timestamp>, Error> {
        let text = "select at from seen where device = $1";
        self.0.read(|c| c.one(text, [device.0], |row| time(row, 0)))
    }
}
