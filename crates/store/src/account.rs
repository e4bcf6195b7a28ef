//! Accounts of people and who they are at providers: SQL.

use crate::engine::{Connection, Row, time, uuid};
use crate::{Error, ErrorKind, Store};
use tegata_domain::account::{Account, Factor};
use tegata_domain::id::{AccountRow, Uuid};
use tegata_domain::notice::Language;
use tegata_domain::time::Timestamp;

const COLUMNS: &str =
    "id, uid, login, password_hash, language, factor, factor_step, codes, version, created_at, changed_at";

fn read(row: &Row<'_>) -> Result<Account, Error> {
    let factor = match row.get::<Option<Vec<u8>>>(5)? {
        Some(sealed) => Some(Factor { sealed, step: row.get(6)?, codes: codes(&row.get::<Vec<u8>>(7)?)? }),
        None => None,
    };
    Ok(Account {
        row: AccountRow(row.get(0)?),
        uid: uuid(row, 1)?,
        name: row.get(2)?,
        password_hash: row.get(3)?,
        language: row.get::<Option<u8>>(4)?.and_then(Language::from_code),
        factor,
        version: row.get(8)?,
        created_at: time(row, 9)?,
        changed_at: time(row, 10)?,
    })
}

/// Hashes one after the other.
fn codes(bytes: &[u8]) -> Result<Vec<[u8; 32]>, Error> {
    let (codes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(codes.to_vec()) } else { Err(Error::new(ErrorKind::Broken, "recovery codes are cut")) }
}

pub(crate) fn insert(c: &Connection, a: &Account) -> Result<bool, Error> {
    let text = "insert into account (id, uid, login, password_hash, language, factor, factor_step, codes, version,
        created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing";
    let (sealed, step, codes) = factor(a);
    let values = (
        a.row.0,
        a.uid.as_bytes(),
        &a.name,
        &a.password_hash,
        a.language.map(|l| l as u8),
        sealed,
        step,
        codes,
        a.version,
        a.created_at.millis(),
        a.changed_at.millis(),
    );
    Ok(c.execute(text, values)? == 1)
}

fn factor(a: &Account) -> (Option<&Vec<u8>>, i64, Option<Vec<u8>>) {
    let factor = a.factor.as_ref();
    (factor.map(|f| &f.sealed), factor.map_or(0, |f| f.step), factor.map(|f| f.codes.concat()))
}

pub(crate) fn update(c: &Connection, a: &Account, decided_on: u32) -> Result<bool, Error> {
    let text = "update account set password_hash = $3, language = $4, factor = $5, factor_step = $6, codes = $7,
        version = $2 + 1, changed_at = $8 where id = $1 and version = $2";
    let (sealed, step, codes) = factor(a);
    let language = a.language.map(|l| l as u8);
    let values = (a.row.0, decided_on, &a.password_hash, language, sealed, step, codes, a.changed_at.millis());
    Ok(c.execute(text, values)? == 1)
}

/// With all that hangs on it; false while it belongs somewhere.
pub(crate) fn delete(c: &Connection, row: AccountRow) -> Result<bool, Error> {
    let text = "delete from account where id = $1 and not exists (select 1 from membership where account = $1)";
    if c.execute(text, [row.0])? == 0 {
        return Ok(false);
    }
    for text in [
        "delete from passkey where account = $1",
        "delete from identity where account = $1",
        "delete from login where account = $1",
    ] {
        c.execute(text, [row.0])?;
    }
    Ok(true)
}

pub(crate) fn insert_identity(
    c: &Connection,
    (issuer, subject): (&str, &str),
    account: AccountRow,
    at: Timestamp,
) -> Result<bool, Error> {
    let text = "insert into identity (issuer, subject, account, created_at) values ($1, $2, $3, $4)
        on conflict do nothing";
    Ok(c.execute(text, (issuer, subject, account.0, at.millis()))? == 1)
}

pub(crate) fn end_identities(c: &Connection, account: AccountRow) -> Result<(), Error> {
    c.execute("delete from identity where account = $1", [account.0]).map(drop)
}

/// Reads of accounts.
pub struct Accounts<'a>(&'a Store);

impl Store {
    /// Reads of accounts.
    pub fn account(&self) -> Accounts<'_> {
        Accounts(self)
    }
}

impl Accounts<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: AccountRow) -> Result<Option<Account>, Error> {
        let text = format!("select {COLUMNS} from account where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Account>, Error> {
        let text = format!("select {COLUMNS} from account where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// One, by its log-in name.
    pub async fn by_name(&self, name: &str) -> Result<Option<Account>, Error> {
        let text = format!("select {COLUMNS} from account where login = $1");
        self.0.read(|c| c.one(&text, [name], read))
    }

    /// Whose account a provider's person is.
    pub async fn by_identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountRow>, Error> {
        let text = "select account from identity where issuer = $1 and subject = $2";
        self.0.read(|c| c.one(text, (issuer, subject), |row| Ok(AccountRow(row.get(0)?))))
    }

    /// Whether it comes in by a provider too.
    pub async fn has_identity(&self, row: AccountRow) -> Result<bool, Error> {
        let text = "select 1 from identity where account = $1 limit 1";
        self.0.read(|c| Ok(c.one(text, [row.0], |_| Ok(()))?.is_some()))
    }
}
