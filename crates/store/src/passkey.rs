//! Passkeys: SQL.

use crate::engine::{Connection, Row, time, uuid};
use crate::{Error, Store};
use tegata_domain::account::{PASSKEYS_MAX, Passkey};
use tegata_domain::id::{AccountRow, PasskeyRow, Uuid};
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "id, uid, account, credential, state, name, created_at, used_at";

fn read(row: &Row<'_>) -> Result<Passkey, Error> {
    Ok(Passkey {
        row: PasskeyRow(row.get(0)?),
        uid: uuid(row, 1)?,
        account: AccountRow(row.get(2)?),
        credential: row.get(3)?,
        state: row.get(4)?,
        name: row.get(5)?,
        created_at: time(row, 6)?,
        used_at: row.get::<Option<i64>>(7)?.map(Timestamp::from_millis),
    })
}

pub(crate) fn insert(c: &Connection, p: &Passkey) -> Result<bool, Error> {
    let text = "insert into passkey (id, uid, account, credential, state, name, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    let values = (p.row.0, p.uid.as_bytes(), p.account.0, &p.credential, &p.state, &p.name, p.created_at.millis());
    Ok(c.execute(text, values)? == 1)
}

pub(crate) fn used(c: &Connection, row: PasskeyRow, state: &str, at: Timestamp) -> Result<bool, Error> {
    let text = "update passkey set state = $2, used_at = $3 where id = $1";
    Ok(c.execute(text, (row.0, state, at.millis()))? == 1)
}

pub(crate) fn rename(c: &Connection, (row, account): (PasskeyRow, AccountRow), name: &str) -> Result<bool, Error> {
    let text = "update passkey set name = $3 where id = $1 and account = $2";
    Ok(c.execute(text, (row.0, account.0, name))? == 1)
}

pub(crate) fn end(c: &Connection, row: PasskeyRow, account: AccountRow) -> Result<bool, Error> {
    Ok(c.execute("delete from passkey where id = $1 and account = $2", (row.0, account.0))? == 1)
}

/// Reads of passkeys.
pub struct Passkeys<'a>(&'a Store);

impl Store {
    /// Reads of passkeys.
    pub fn passkey(&self) -> Passkeys<'_> {
        Passkeys(self)
    }
}

impl Passkeys<'_> {
    /// One, by its credential.
    pub async fn by_credential(&self, credential: &[u8]) -> Result<Option<Passkey>, Error> {
        let text = format!("select {COLUMNS} from passkey where credential = $1");
        self.0.read(|c| c.one(&text, [credential], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Passkey>, Error> {
        let text = format!("select {COLUMNS} from passkey where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an account, oldest first.
    pub async fn of(&self, account: AccountRow) -> Result<Vec<Passkey>, Error> {
        let text = format!("select {COLUMNS} from passkey where account = $1 order by id limit $2");
        self.0.read(|c| c.all(&text, (account.0, PASSKEYS_MAX as u32), read))
    }
}
