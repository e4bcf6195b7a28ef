//! Logins: SQL.

use crate::engine::{Connection, Row, time, uuid};
use crate::{Error, ErrorKind, Store};
use tegata_domain::id::{AccountRow, LoginRow, OrganisationRow, Uuid};
use tegata_domain::login::{Login, Strength};
use tegata_domain::time::Timestamp;

const COLUMNS: &str =
    "id, uid, account, organisation, hash, proof, strength, agent, created_at, seen_at, expires_at, ended_at";

/// The most logins of one person that are shown.
const SHOWN: u32 = 50;
/// How many ended ones go at once.
const SWEPT: u32 = 1000;

fn read(row: &Row<'_>) -> Result<Login, Error> {
    let broken = || Error::new(ErrorKind::Broken, "a login has an unknown strength");
    Ok(Login {
        row: LoginRow(row.get(0)?),
        uid: uuid(row, 1)?,
        account: AccountRow(row.get(2)?),
        organisation: OrganisationRow(row.get(3)?),
        hash: row.get(4)?,
        proof: row.get(5)?,
        strength: Strength::from_code(row.get(6)?).ok_or_else(broken)?,
        agent: row.get(7)?,
        created_at: time(row, 8)?,
        seen_at: time(row, 9)?,
        expires_at: time(row, 10)?,
        ended_at: row.get::<Option<i64>>(11)?.map(Timestamp::from_millis),
    })
}

/// Nothing where what proves it proved another one.
pub(crate) fn insert(c: &Connection, l: &Login) -> Result<bool, Error> {
    let text = "insert into login (id, uid, account, organisation, hash, proof, strength, agent, created_at, seen_at,
            expires_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        where exists (select 1 from membership where organisation = $4 and account = $3) on conflict do nothing";
    let values = (
        l.row.0,
        l.uid.as_bytes(),
        l.account.0,
        l.organisation.0,
        l.hash,
        l.proof,
        l.strength as u8,
        &l.agent,
        l.created_at.millis(),
        l.seen_at.millis(),
        l.expires_at.millis(),
    );
    Ok(c.execute(text, values)? == 1)
}

pub(crate) fn end(c: &Connection, row: LoginRow, at: Timestamp) -> Result<bool, Error> {
    let text = "update login set ended_at = $2 where id = $1 and ended_at is null";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

pub(crate) fn end_all(
    c: &Connection,
    account: AccountRow,
    (organisation, but): (Option<OrganisationRow>, Option<LoginRow>),
    at: Timestamp,
) -> Result<(), Error> {
    let text = "update login set ended_at = $4 where account = $1 and ended_at is null
        and ($2 = 0 or organisation = $2) and id <> $3";
    let values = (account.0, organisation.map_or(0, |o| o.0), but.map_or(0, |l| l.0), at.millis());
    c.execute(text, values).map(drop)
}

/// Logins, read and kept in order.
pub struct Logins<'a>(&'a Store);

impl Store {
    /// Logins, read and kept in order.
    pub fn login(&self) -> Logins<'_> {
        Logins(self)
    }
}

impl Logins<'_> {
    /// One, by the hash of its secret.
    pub async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Login>, Error> {
        let text = format!("select {COLUMNS} from login where hash = $1");
        self.0.read(|c| c.one(&text, [hash], read))
    }

    /// One, by its row.
    pub async fn by_row(&self, row: LoginRow) -> Result<Option<Login>, Error> {
        let text = format!("select {COLUMNS} from login where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Login>, Error> {
        let text = format!("select {COLUMNS} from login where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an account that were not ended, newest first.
    pub async fn of(&self, account: AccountRow) -> Result<Vec<Login>, Error> {
        let text =
            format!("select {COLUMNS} from login where account = $1 and ended_at is null order by id desc limit $2");
        self.0.read(|c| c.all(&text, (account.0, SHOWN), read))
    }

    /// It was used just now. Rests on no permit: it says nothing that anybody decided.
    pub async fn seen(&self, row: LoginRow, at: Timestamp) -> Result<(), Error> {
        let text = "update login set seen_at = $2 where id = $1 and seen_at < $2";
        self.0.0.committer.task(move |c| c.execute(text, (row.0, at.millis())).map(drop)).await
    }

    /// Takes those away that expired before `at`; how many.
    pub async fn sweep(&self, at: Timestamp) -> Result<u64, Error> {
        let text = "delete from login where id in
            (select id from login where expires_at < $1 order by expires_at limit $2)";
        self.0.0.committer.task(move |c| Ok(c.execute(text, (at.millis(), SWEPT))? as u64)).await
    }
}
