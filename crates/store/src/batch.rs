//! Batches: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::error::ErrorKind;
use crate::{Error, Store};
use tegata_domain::batch::{Batch, Confirmation};
use tegata_domain::id::{BatchRow, OrganisationRow, ProductRow, Uuid};
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "id, uid, organisation, product, quantity, issued, confirmation, valid_from, valid_until,
    created_at";

fn read(row: &Row<'_>) -> Result<Batch, Error> {
    Ok(Batch {
        row: BatchRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        product: ProductRow(row.get(3)?),
        quantity: row.get(4)?,
        issued: row.get(5)?,
        confirmation: code(row, 6, &[Confirmation::Implied, Confirmation::Required])?,
        valid_from: time(row, 7)?,
        valid_until: time(row, 8)?,
        created_at: time(row, 9)?,
    })
}

pub(crate) fn insert(c: &Connection, b: &Batch) -> Result<bool, Error> {
    let text = format!(
        "insert into batch ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing"
    );
    let values = (
        b.row.0,
        b.uid.as_bytes(),
        b.organisation.0,
        b.product.0,
        b.quantity,
        b.issued,
        b.confirmation as u8,
        b.valid_from.millis(),
        b.valid_until.millis(),
        b.created_at.millis(),
    );
    Ok(c.execute(&text, values)? == 1)
}

/// How many devices a batch still permits.
pub(crate) fn room(c: &Connection, row: BatchRow) -> Result<u32, Error> {
    let text = "select quantity - issued from batch where id = $1";
    Ok(c.one(text, [row.0], |row| row.get(0))?.unwrap_or(0))
}

/// Counts `taken` devices; the count never passes the quantity.
pub(crate) fn issue(c: &Connection, row: BatchRow, taken: u32, at: Option<Timestamp>) -> Result<(), Error> {
    let text = "update batch set issued = issued + $2, last_at = $3 where id = $1 and issued + $2 <= quantity";
    if c.execute(text, (row.0, taken, at.map(Timestamp::millis)))? == 1 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Broken, "a batch's counter moved inside a transaction of the only writer"))
}

/// Counts devices that the line confirmed.
pub(crate) fn confirm(c: &Connection, row: BatchRow, devices: i64, at: Option<Timestamp>) -> Result<(), Error> {
    let text = "update batch set confirmed = confirmed + $2, last_at = $3 where id = $1";
    c.execute(text, (row.0, devices, at.map(Timestamp::millis)))?;
    Ok(())
}

/// Counts devices whose life ended before the line confirmed them.
pub(crate) fn void(c: &Connection, row: BatchRow, devices: i64) -> Result<(), Error> {
    c.execute("update batch set voided = voided + $2 where id = $1", (row.0, devices))?;
    Ok(())
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Devices that its line confirmed. Of a batch that needs no confirmation: none.
    pub confirmed: u32,
    /// Devices whose life ended before they were confirmed.
    pub voided: u32,
    /// When the last one was made or confirmed.
    pub last_at: Option<Timestamp>,
}

/// Reads of batches.
pub struct Batches<'a>(&'a Store);

impl Store {
    /// Reads of batches.
    pub fn batch(&self) -> Batches<'_> {
        Batches(self)
    }
}

impl<'a> Batches<'a> {
    pub(crate) fn store(&self) -> &'a Store {
        self.0
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Batch>, Error> {
        let text = format!("select {COLUMNS} from batch where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// How far one is.
    pub async fn made(&self, row: BatchRow) -> Result<Made, Error> {
        let text = "select confirmed, voided, last_at from batch where id = $1";
        let read = |row: &Row<'_>| {
            let last_at = row.get::<Option<i64>>(2)?.map(Timestamp::from_millis);
            Ok(Made { confirmed: row.get(0)?, voided: row.get(1)?, last_at })
        };
        Ok(self.0.read(|c| c.one(text, [row.0], read))?.unwrap_or_default())
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn page(&self, organisation: OrganisationRow, after: BatchRow, limit: u32) -> Result<Vec<Batch>, Error> {
        let text = format!("select {COLUMNS} from batch where organisation = $1 and id > $2 order by id limit $3");
        let values = (organisation.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }
}
