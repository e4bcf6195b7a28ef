//! Questions to devices, and their answers: SQL.

use crate::engine::{Connection, Row, time};
use crate::{Error, Store, scan};
use tegata_domain::challenge::{Answered, Challenge, PACE};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// Asks, in the place of an older question; false where the device was asked just now.
pub(crate) fn ask(c: &Connection, asked: &Challenge) -> Result<bool, Error> {
    let text = "insert into challenge (device, nonce, asked_at) values ($1, $2, $3)
        on conflict (device) do update set nonce = $2, asked_at = $3, answered_at = null, near = null,
            statement = null, signature = null where challenge.asked_at <= $4";
    let before = asked.asked_at.minus(PACE).millis();
    if c.execute(text, (asked.device.0, asked.nonce, asked.asked_at.millis(), before))? == 0 {
        return Ok(false);
    }
    scan::look(c, asked.device)?;
    Ok(true)
}

/// Enters the answer; false where another question stands, or it was answered.
pub(crate) fn answer(c: &Connection, asked: &Challenge, answer: &Answered) -> Result<bool, Error> {
    let text = "update challenge set answered_at = $3, near = $4, statement = $5, signature = $6
        where device = $1 and nonce = $2 and answered_at is null";
    let told = (answer.at.millis(), answer.near, &answer.statement, &answer.signature);
    Ok(c.execute(text, (asked.device.0, asked.nonce, told.0, told.1, told.2, told.3))? == 1)
}

fn read(row: &Row<'_>) -> Result<Challenge, Error> {
    let answer = match row.get::<Option<i64>>(3)? {
        Some(at) => Some(Answered {
            at: Timestamp::from_millis(at),
            near: row.get(4)?,
            statement: row.get(5)?,
            signature: row.get(6)?,
        }),
        None => None,
    };
    Ok(Challenge { device: DeviceRow(row.get(0)?), nonce: row.get(1)?, asked_at: time(row, 2)?, answer })
}

/// Questions to devices.
pub struct Challenges<'a>(&'a Store);

impl Store {
    /// Questions to devices.
    pub fn challenge(&self) -> Challenges<'_> {
        Challenges(self)
    }
}

impl Challenges<'_> {
    /// The question to a device, the last one.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Option<Challenge>, Error> {
        let text = "select device, nonce, asked_at, answered_at, near, statement, signature from challenge
            where device = $1";
        self.0.read(|c| c.one(text, [device.0], read))
    }

    /// Forgets questions from before a moment, at most `limit`, and answers how many they were.
    pub async fn sweep(&self, before: Timestamp, limit: u32) -> Result<usize, Error> {
        let text = "delete from challenge where device in
            (select device from challenge where asked_at < $1 order by asked_at limit $2)";
        self.0.0.committer.task(move |c| c.execute(text, (before.millis(), limit))).await
    }
}
