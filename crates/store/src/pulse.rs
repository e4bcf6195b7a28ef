//! What happened in an hour: SQL.

use crate::engine::{Connection, Row, Value};
use crate::error::ErrorKind;
use crate::{Error, Store};
use tegata_domain::event::EventKind;
use tegata_domain::id::OrganisationRow;
use tegata_domain::pulse::Beat;

/// Counts that are read at once: some twenty kinds an hour, for the two months that are kept.
const MOST: i64 = 40_000;

/// Adds to counts, in the order of their keys.
pub(crate) fn settle(c: &Connection, beats: &[(Beat, i64)]) -> Result<(), Error> {
    if beats.is_empty() {
        return Ok(());
    }
    let text = "insert into pulse (organisation, hour, kind, events) values ($1, $2, $3, $4)
        on conflict (organisation, hour, kind) do update set events = pulse.events + excluded.events";
    let rows = beats.iter().map(|(beat, by)| [beat.organisation.0, beat.hour, beat.kind as i64, *by].map(Value::Int));
    c.insert_all(text, rows)?;
    Ok(())
}

/// Reads of what happened.
pub struct Pulses<'a>(&'a Store);

impl Store {
    /// Reads of what happened.
    pub fn pulse(&self) -> Pulses<'_> {
        Pulses(self)
    }
}

impl Pulses<'_> {
    /// What happened to devices of an organisation from an hour on (hours since 1970), with how often.
    pub async fn since(&self, organisation: OrganisationRow, hour: i64) -> Result<Vec<(Beat, u64)>, Error> {
        let text = "select hour, kind, events from pulse where organisation = $1 and hour >= $2
            order by organisation, hour, kind limit $3";
        let read = |row: &Row<'_>| {
            let wrong = || Error::new(ErrorKind::Broken, "what the store has as the kind of an event is none");
            let kind = EventKind::from_code(row.get(1)?).ok_or_else(wrong)?;
            Ok((Beat { organisation, hour: row.get(0)?, kind }, row.get::<i64>(2)?.max(0) as u64))
        };
        self.0.read(|c| c.all(text, (organisation.0, hour, MOST), read))
    }
}
