//! Authorities: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::{Error, Store};
use tegata_domain::authority::{Authority, AuthorityKind};
use tegata_domain::id::{AuthorityRow, OrganisationRow, Uuid};

const COLUMNS: &str = "id, uid, kind, organisation, certificate, sealed_key, shards, created_at";
const KINDS: [AuthorityKind; 3] = [AuthorityKind::Root, AuthorityKind::Idevid, AuthorityKind::Ldevid];

fn read(row: &Row<'_>) -> Result<Authority, Error> {
    Ok(Authority {
        row: AuthorityRow(row.get(0)?),
        uid: uuid(row, 1)?,
        kind: code(row, 2, &KINDS)?,
        organisation: OrganisationRow(row.get(3)?),
        certificate: row.get(4)?,
        sealed_key: row.get(5)?,
        shards: row.get(6)?,
        created_at: time(row, 7)?,
    })
}

pub(crate) fn insert(c: &Connection, a: &Authority) -> Result<bool, Error> {
    let text = "insert into authority (id, uid, kind, organisation, certificate, sealed_key, shards, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    let values = (
        a.row.0,
        a.uid.as_bytes(),
        a.kind as u8,
        a.organisation.0,
        &a.certificate,
        &a.sealed_key,
        a.shards,
        a.created_at.millis(),
    );
    Ok(c.execute(text, values)? == 1)
}

/// Reads of authorities.
pub struct Authorities<'a>(&'a Store);

impl Store {
    /// Reads of authorities.
    pub fn authority(&self) -> Authorities<'_> {
        Authorities(self)
    }
}

impl Authorities<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: AuthorityRow) -> Result<Option<Authority>, Error> {
        let text = format!("select {COLUMNS} from authority where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Authority>, Error> {
        let text = format!("select {COLUMNS} from authority where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// The one of a kind of an organisation.
    pub async fn of(&self, kind: AuthorityKind, organisation: OrganisationRow) -> Result<Option<Authority>, Error> {
        let text = format!("select {COLUMNS} from authority where kind = $1 and organisation = $2");
        let values = (kind as u8, organisation.0);
        self.0.read(|c| c.one(&text, values, read))
    }

    /// All of a kind (the few roots).
    pub async fn all(&self, kind: AuthorityKind) -> Result<Vec<Authority>, Error> {
        let text = format!("select {COLUMNS} from authority where kind = $1 order by organisation");
        self.0.read(|c| c.all(&text, [kind as u8], read))
    }
}
