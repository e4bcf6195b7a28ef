//! Look-ups of numbers, counted: SQL.

use crate::engine::{Connection, Row, Value};
use crate::version::Thing;
use crate::{Error, Store};
use tegata_domain::id::DeviceRow;
use tegata_domain::scan::{Count, Countries, Day, Noted, Place, Scanned};
use tegata_domain::time::Timestamp;

/// The most counts that are read of one device.
const READ_MAX: u32 = 20_000;

/// Look-ups of a device, and a question to it, are there to be read.
pub(crate) fn look(c: &Connection, device: DeviceRow) -> Result<(), Error> {
    c.execute("update device set looked = 1 where id = $1 and looked = 0", [device.0])?;
    Ok(())
}

/// Sets or ends an alarm; false where that stands already.
pub(crate) fn alarm(c: &Connection, device: DeviceRow, at: Option<Timestamp>) -> Result<bool, Error> {
    let text = match at {
        Some(_) => "update scanned set alarmed_at = $2 where device = $1 and alarmed_at is null",
        None => "update scanned set alarmed_at = $2 where device = $1 and alarmed_at is not null",
    };
    Ok(c.execute(text, (device.0, at.map(Timestamp::millis)))? == 1)
}

/// Says until when a code is on show; false when the device is no longer in that owner period.
pub(crate) fn exempt(c: &Connection, device: DeviceRow, period: u32, until: Option<Timestamp>) -> Result<bool, Error> {
    let text = "insert into scanned (device, first_day, total, places, alarmed_at, exempt_until)
        select id, 0, 0, '', null, $3 from device where id = $1 and period = $2
        on conflict (device) do update set alarmed_at = null, exempt_until = $3";
    Ok(c.execute(text, (device.0, period, until.map(Timestamp::millis)))? == 1)
}

fn note(c: &Connection, noted: &Noted) -> Result<(), Error> {
    let text = "insert into scan (device, day, place, count) values ($1, $2, $3, $4)
        on conflict (device, day, place) do update set count = scan.count + excluded.count";
    let names: Vec<String> = noted.counts.iter().map(|count| count.place.name()).collect();
    let rows = noted.counts.iter().zip(&names).map(|(count, name)| {
        [Value::Int(noted.device.0), Value::Int(count.day.0), Value::Text(name), Value::Int(count.count.into())]
    });
    c.insert_all(text, rows)?;
    let first = noted.counts.iter().map(|count| count.day.0).min().unwrap_or(0);
    let more: i64 = noted.counts.iter().map(|count| i64::from(count.count)).sum();
    // a row without look-ups only says that the code is on show
    let text = "insert into scanned (device, first_day, total, places) values ($1, $2, $3, $4)
        on conflict (device) do update set total = scanned.total + $3, places = $4,
            first_day = case when scanned.total = 0 then $2 else scanned.first_day end";
    c.execute(text, (noted.device.0, first, more, noted.countries.text()))?;
    look(c, noted.device)
}

fn read(row: &Row<'_>) -> Result<Scanned, Error> {
    let time = |column| Ok::<_, Error>(row.get::<Option<i64>>(column)?.map(Timestamp::from_millis));
    Ok(Scanned {
        first: Day(row.get(0)?),
        total: row.get::<i64>(1)? as u64,
        countries: Countries::parse(row.get(2)?),
        alarmed_at: time(3)?,
        exempt_until: time(4)?,
    })
}

/// Look-ups of numbers, counted.
pub struct Scans<'a>(&'a Store);

impl Store {
    /// Look-ups of numbers, counted.
    pub fn scan(&self) -> Scans<'_> {
        Scans(self)
    }
}

impl Scans<'_> {
    /// Notes look-ups of several devices, each device once. `fresh` are those of which a look-up says something else now.
    pub async fn note(&self, all: Vec<Noted>, fresh: Vec<DeviceRow>) -> Result<(), Error> {
        let touched = fresh.into_iter().map(Thing::Device).collect();
        let task = move |c: &Connection| all.iter().try_for_each(|noted| note(c, noted));
        self.0.0.committer.touching(touched, task).await
    }

    /// What is known of all look-ups of a device.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Option<Scanned>, Error> {
        let text = "select first_day, total, places, alarmed_at, exempt_until from scanned where device = $1";
        self.0.read(|c| c.one(text, [device.0], read))
    }

    /// The counts of a device from a day on, in order.
    pub async fn counts(&self, device: DeviceRow, from: Day) -> Result<Vec<Count>, Error> {
        let text = "select day, place, count from scan where device = $1 and day >= $2 order by day, place limit $3";
        let count = |row: &Row<'_>| {
            let place = Place::by_name(row.get(1)?).unwrap_or(Place::Unknown);
            Ok(Count { day: Day(row.get(0)?), place, count: row.get(2)? })
        };
        self.0.read(|c| c.all(text, (device.0, from.0, READ_MAX), count))
    }

    /// Forgets counts from before a day, at most `limit`, and answers how many they were.
    pub async fn sweep(&self, day: Day, limit: u32) -> Result<usize, Error> {
        let text = "delete from scan where (device, day, place) in
            (select device, day, place from scan where day < $1 order by day limit $2)";
        self.0.0.committer.task(move |c| c.execute(text, (day.0, limit))).await
    }
}
