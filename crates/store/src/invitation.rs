//! Invitations: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::{Error, Store};
use tegata_domain::id::{AccountRow, InvitationRow, OrganisationRow, Uuid};
use tegata_domain::invitation::Invitation;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "id, uid, organisation, account, role, hash, note, created_at, expires_at, used_at, ended_at";

fn read(row: &Row<'_>) -> Result<Invitation, Error> {
    Ok(Invitation {
        row: InvitationRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        account: row.get::<Option<i64>>(3)?.map(AccountRow),
        role: code(row, 4, &Role::ALL)?,
        hash: row.get(5)?,
        note: row.get(6)?,
        created_at: time(row, 7)?,
        expires_at: time(row, 8)?,
        used_at: row.get::<Option<i64>>(9)?.map(Timestamp::from_millis),
        ended_at: row.get::<Option<i64>>(10)?.map(Timestamp::from_millis),
    })
}

pub(crate) fn insert(c: &Connection, i: &Invitation) -> Result<bool, Error> {
    let text = "insert into invitation (id, uid, organisation, account, role, hash, note, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    let values = (
        i.row.0,
        i.uid.as_bytes(),
        i.organisation.0,
        i.account.map(|a| a.0),
        i.role as u8,
        i.hash,
        &i.note,
        i.created_at.millis(),
        i.expires_at.millis(),
    );
    Ok(c.execute(text, values)? == 1)
}

pub(crate) fn used(c: &Connection, row: InvitationRow, at: Timestamp) -> Result<bool, Error> {
    let text = "update invitation set used_at = $2
        where id = $1 and used_at is null and ended_at is null and expires_at > $2";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

pub(crate) fn end(c: &Connection, row: InvitationRow, at: Timestamp) -> Result<bool, Error> {
    let text = "update invitation set ended_at = $2 where id = $1 and used_at is null and ended_at is null";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

/// Reads of invitations.
pub struct Invitations<'a>(&'a Store);

impl Store {
    /// Reads of invitations.
    pub fn invitation(&self) -> Invitations<'_> {
        Invitations(self)
    }
}

impl Invitations<'_> {
    /// One, by the hash of its secret.
    pub async fn by_hash(&self, hash: &[u8; 32]) -> Result<Option<Invitation>, Error> {
        let text = format!("select {COLUMNS} from invitation where hash = $1");
        self.0.read(|c| c.one(&text, [hash], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Invitation>, Error> {
        let text = format!("select {COLUMNS} from invitation where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an organisation before `before`, newest first, at most `limit`.
    pub async fn page(
        &self,
        house: OrganisationRow,
        before: InvitationRow,
        limit: u32,
    ) -> Result<Vec<Invitation>, Error> {
        let text =
            format!("select {COLUMNS} from invitation where organisation = $1 and id < $2 order by id desc limit $3");
        self.0.read(|c| c.all(&text, (house.0, before.0, limit), read))
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn after(
        &self,
        house: OrganisationRow,
        after: InvitationRow,
        limit: u32,
    ) -> Result<Vec<Invitation>, Error> {
        let text = format!("select {COLUMNS} from invitation where organisation = $1 and id > $2 order by id limit $3");
        self.0.read(|c| c.all(&text, (house.0, after.0, limit), read))
    }
}
