//! Life events, epoch keys and where their leaves stand: SQL.

use crate::engine::{Connection, Row, Value, time};
use crate::error::ErrorKind;
use crate::leaf::Placing;
use crate::{Error, Store};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::Log;
use tegata_domain::time::Timestamp;

/// Enters events of devices and gives their leaves their places.
pub(crate) fn insert(c: &Connection, events: &[(DeviceRow, &Event)], leaves: &mut Placing) -> Result<(), Error> {
    let first = leaves.next(Log::Devices) as i64;
    leaves.place(c, Log::Devices, events.iter().map(|(device, e)| (device.0, e.sequence, &e.commitment[..])))?;
    let text = "insert into event (device, sequence, period, kind, at, data, commitment, idx)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let data: Vec<String> = events.iter().map(|(_, e)| e.data.to_string()).collect();
    let rows = (first..).zip(events).zip(&data).map(|((index, (device, e)), data)| {
        [
            Value::Int(device.0),
            Value::Int(e.sequence.into()),
            Value::Int(e.period.into()),
            Value::Int(e.kind as i64),
            Value::Int(e.at.millis()),
            Value::Text(data),
            Value::Blob(&e.commitment),
            Value::Int(index),
        ]
    });
    c.insert_all(text, rows)?;
    Ok(())
}

/// Enters the epoch keys of owner periods.
pub(crate) fn insert_epochs<'k>(
    c: &Connection,
    keys: impl Iterator<Item = (DeviceRow, u32, &'k [u8; 32])>,
) -> Result<(), Error> {
    let text = "insert into epoch (device, period, key) values ($1, $2, $3)";
    let row = |(device, period, key): (DeviceRow, u32, &'k [u8; 32])| {
        [Value::Int(device.0), Value::Int(period.into()), Value::Blob(key)]
    };
    c.insert_all(text, keys.map(row))?;
    Ok(())
}

/// An event with the index of its leaf.
fn read(row: &Row<'_>) -> Result<(Event, u64), Error> {
    let wrong = |what: &str| Error::new(ErrorKind::Broken, format!("what the store has as {what} is none"));
    let event = Event {
        sequence: row.get(0)?,
        period: row.get(1)?,
        kind: EventKind::from_code(row.get(2)?).ok_or_else(|| wrong("the kind of an event"))?,
        at: time(row, 3)?,
        data: serde_json::from_str(row.get::<&str>(4)?).map_err(|_| wrong("the data of an event"))?,
        commitment: row.get(5)?,
    };
    Ok((event, row.get::<i64>(6)? as u64))
}

/// Reads of events.
pub struct Events<'a>(&'a Store);

impl Store {
    /// Reads of events.
    pub fn event(&self) -> Events<'_> {
        Events(self)
    }
}

impl Events<'_> {
    /// One event of a device, and the index of its leaf, which a checkpoint may not cover yet.
    pub async fn by_sequence(&self, device: DeviceRow, sequence: u32) -> Result<Option<(Event, u64)>, Error> {
        let text = "select sequence, period, kind, at, data, commitment, idx from event
            where device = $1 and sequence = $2";
        self.0.read(|c| c.one(text, (device.0, sequence), read))
    }

    /// The events of a device after `after`, at most `limit`.
    pub async fn page(&self, device: DeviceRow, after: u32, limit: u32) -> Result<Vec<(Event, u64)>, Error> {
        let text = "select sequence, period, kind, at, data, commitment, idx from event
            where device = $1 and sequence > $2 order by sequence limit $3";
        let values = (device.0, after, limit);
        self.0.read(|c| c.all(text, values, read))
    }

    /// When the newest event of a kind happened to a device.
    pub async fn newest(&self, device: DeviceRow, kind: EventKind) -> Result<Option<Timestamp>, Error> {
        let text = "select at from event where device = $1 and kind = $2 order by sequence desc limit 1";
        self.0.read(|c| c.one(text, (device.0, kind as u8), |row| time(row, 0)))
    }

    /// Which of these events were erased.
    pub async fn erased(&self, device: DeviceRow, sequences: &[u32]) -> Result<Vec<u32>, Error> {
        let text = "select count(*) from event where device = $1 and sequence = $2 and kind = $3";
        self.0.read(|c| {
            let mut found = Vec::new();
            for sequence in sequences {
                let values = (device.0, *sequence, EventKind::Erased as u8);
                let count: u32 = c.only(text, values, |row| row.get(0))?;
                found.extend((count > 0).then_some(*sequence));
            }
            Ok(found)
        })
    }

    /// The epoch key of an owner period; `None` when it was erased.
    pub async fn epoch_key_left(&self, device: DeviceRow, period: u32) -> Result<Option<[u8; 32]>, Error> {
        let text = "select key from epoch where device = $1 and period = $2";
        self.0.read(|c| c.one(text, (device.0, period), |row| row.get(0)))
    }

    /// The epoch key of an owner period.
    pub async fn epoch_key(&self, device: DeviceRow, period: u32) -> Result<[u8; 32], Error> {
        let key = self.epoch_key_left(device, period).await?;
        key.ok_or_else(|| Error::new(ErrorKind::Broken, "the epoch key of this owner period was erased"))
    }
}
