//! Organisations: SQL.

use crate::engine::{Connection, Row, time, uuid};
use crate::{Error, Store};
use tegata_domain::id::{OrganisationRow, Uuid};
use tegata_domain::organisation::{Kinds, Organisation};

const COLUMNS: &str = "id, uid, name, kinds, created_at, factor";

fn read(row: &Row<'_>) -> Result<Organisation, Error> {
    Ok(Organisation {
        row: OrganisationRow(row.get(0)?),
        uid: uuid(row, 1)?,
        name: row.get(2)?,
        kinds: Kinds(row.get(3)?),
        created_at: time(row, 4)?,
        factor: row.get::<i64>(5)? == 1,
    })
}

pub(crate) fn insert(c: &Connection, o: &Organisation) -> Result<bool, Error> {
    let text = "insert into organisation (id, uid, name, kinds, created_at) values ($1, $2, $3, $4, $5)
        on conflict do nothing";
    let values = (o.row.0, o.uid.as_bytes(), &o.name, o.kinds.0, o.created_at.millis());
    Ok(c.execute(text, values)? == 1)
}

/// Whether it demands a second factor of its members.
pub(crate) fn demand(c: &Connection, row: OrganisationRow, demanded: bool) -> Result<bool, Error> {
    Ok(c.execute("update organisation set factor = $2 where id = $1", (row.0, demanded))? == 1)
}

/// Reads of organisations.
pub struct Organisations<'a>(&'a Store);

impl Store {
    /// Reads of organisations.
    pub fn organisation(&self) -> Organisations<'_> {
        Organisations(self)
    }
}

impl Organisations<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: OrganisationRow) -> Result<Option<Organisation>, Error> {
        let text = format!("select {COLUMNS} from organisation where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Organisation>, Error> {
        let text = format!("select {COLUMNS} from organisation where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those after `after`, at most `limit`, in the order of their rows.
    pub async fn page(&self, after: OrganisationRow, limit: u32) -> Result<Vec<Organisation>, Error> {
        let text = format!("select {COLUMNS} from organisation where id > $1 order by id limit $2");
        self.0.read(|c| c.all(&text, (after.0, limit), read))
    }
}
