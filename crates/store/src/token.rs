//! API tokens: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::{Error, Store};
use tegata_domain::id::{OrganisationRow, TokenRow, Uuid};
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;
use tegata_domain::token::Token;

const TOKEN: &str = "id, uid, organisation, name, role, hash, created_at, expires_at, ended_at";

fn read(row: &Row<'_>) -> Result<Token, Error> {
    Ok(Token {
        row: TokenRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        name: row.get(3)?,
        role: code(row, 4, &Role::ALL)?,
        hash: row.get(5)?,
        created_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        ended_at: row.get::<Option<i64>>(8)?.map(Timestamp::from_millis),
    })
}

pub(crate) fn insert(c: &Connection, t: &Token) -> Result<bool, Error> {
    let text = "insert into token (id, uid, organisation, name, role, hash, created_at, expires_at, ended_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    let values = (
        t.row.0,
        t.uid.as_bytes(),
        t.organisation.0,
        &t.name,
        t.role as u8,
        t.hash,
        t.created_at.millis(),
        t.expires_at.millis(),
        t.ended_at.map(Timestamp::millis),
    );
    Ok(c.execute(text, values)? == 1)
}

pub(crate) fn end(c: &Connection, row: TokenRow, at: Timestamp) -> Result<bool, Error> {
    let text = "update token set ended_at = $2 where id = $1 and ended_at is null";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

/// Reads of tokens.
pub struct Tokens<'a>(&'a Store);

impl Store {
    /// Reads of tokens.
    pub fn token(&self) -> Tokens<'_> {
        Tokens(self)
    }
}

impl Tokens<'_> {
    /// One, by the hash of its secret.
    pub async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Token>, Error> {
        let text = format!("select {TOKEN} from token where hash = $1");
        self.0.read(|c| c.one(&text, [hash], read))
    }

    /// One, by its row.
    pub async fn by_row(&self, row: TokenRow) -> Result<Option<Token>, Error> {
        let text = format!("select {TOKEN} from token where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Token>, Error> {
        let text = format!("select {TOKEN} from token where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn page(&self, organisation: OrganisationRow, after: TokenRow, limit: u32) -> Result<Vec<Token>, Error> {
        let text = format!("select {TOKEN} from token where organisation = $1 and id > $2 order by id limit $3");
        let values = (organisation.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }
}
