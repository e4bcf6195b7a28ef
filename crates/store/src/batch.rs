//! Batches: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::error::ErrorKind;
use crate::{Error, Store};
use tegata_domain::batch::{Batch, Confirmation};
use tegata_domain::id::{BatchRow, OrganisationRow, ProductRow, Uuid};

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
pub(crate) fn issue(c: &Connection, row: BatchRow, taken: u32) -> Result<(), Error> {
    let text = "update batch set issued = issued + $2 where id = $1 and issued + $2 <= quantity";
    if c.execute(text, (row.0, taken))? == 1 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Broken, "a batch's counter moved inside a transaction of the only writer"))
}

/// Reads of batches.
pub struct Batches<'a>(&'a Store);

impl Store {
    /// Reads of batches.
    pub fn batch(&self) -> Batches<'_> {
        Batches(self)
    }
}

impl Batches<'_> {
    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Batch>, Error> {
        let text = format!("select {COLUMNS} from batch where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn page(&self, organisation: OrganisationRow, after: BatchRow, limit: u32) -> Result<Vec<Batch>, Error> {
        let text = format!("select {COLUMNS} from batch where organisation = $1 and id > $2 order by id limit $3");
        let values = (organisation.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }
}
