//! Stations: who worked on a batch, by the token that asked. SQL.
//!
//! Invariant: a count moves in the transaction that makes the device or keeps the finding, never without it.

use crate::Error;
use crate::batch::Batches;
use crate::engine::{Connection, Row, Value, time};
use tegata_domain::id::{BatchRow, TokenRow};
use tegata_domain::time::Timestamp;

/// The most stations of one batch that are read.
const MOST: u32 = 500;

/// What one token did for one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// How the token is called.
    pub name: String,
    /// Devices that it made.
    pub made: u64,
    /// Devices that were refused to it, each with a finding.
    pub refused: u64,
    /// When it made or was refused one last.
    pub last_at: Timestamp,
}

/// How a count moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// A device was made.
    Made,
    /// One was refused.
    Refused,
}

/// Who worked on what, and how it went.
pub(crate) type Work = (BatchRow, TokenRow, Outcome);

/// Writes down what moved, the last of it at `at`.
pub(crate) fn settle(c: &Connection, work: &[(Work, i64)], at: Option<Timestamp>) -> Result<(), Error> {
    let Some(at) = at.filter(|_| !work.is_empty()) else { return Ok(()) };
    let text = "insert into station (batch, token, made, refused, last_at) values ($1, $2, $3, $4, $5)
        on conflict (batch, token) do update set made = station.made + excluded.made,
        refused = station.refused + excluded.refused, last_at = excluded.last_at";
    // each half of its own: a statement of PostgreSQL touches a row once
    for half in [Outcome::Made, Outcome::Refused] {
        let rows = work.iter().filter(|((.., outcome), _)| *outcome == half);
        let rows = rows.map(|((batch, token, _), by)| {
            let (made, refused) = if half == Outcome::Made { (*by, 0) } else { (0, *by) };
            [batch.0, token.0, made, refused, at.millis()].map(Value::Int)
        });
        c.insert_all(text, rows)?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Station, Error> {
    Ok(Station {
        name: row.get(0)?,
        made: row.get::<i64>(1)? as u64,
        refused: row.get::<i64>(2)? as u64,
        last_at: time(row, 3)?,
    })
}

impl Batches<'_> {
    /// Who worked on one, in the order in which their tokens were made.
    pub async fn stations(&self, row: BatchRow) -> Result<Vec<Station>, Error> {
        let text = "select token.name, station.made, station.refused, station.last_at from station
            join token on token.id = station.token where station.batch = $1 order by station.token limit $2";
        self.store().read(|c| c.all(text, (row.0, MOST), read))
    }
}
