//! Memberships: SQL.

use crate::engine::{Connection, code, time, uuid};
use crate::{Error, Store};
use tegata_domain::id::{AccountRow, OrganisationRow};
use tegata_domain::membership::{Listed, Membership};
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;

/// The most organisations of one person that are read at once.
const HOUSES: u32 = 100;

pub(crate) fn insert(c: &Connection, m: &Membership) -> Result<bool, Error> {
    let text = "insert into membership (organisation, account, role, created_at) values ($1, $2, $3, $4)
        on conflict do nothing";
    Ok(c.execute(text, (m.organisation.0, m.account.0, m.role as u8, m.created_at.millis()))? == 1)
}

/// Two administrators cannot end each other: where many nodes write, the organisation is held until the commit.
fn hold(c: &Connection, organisation: OrganisationRow) -> Result<(), Error> {
    if c.postgres().is_some() {
        c.one("select 1 from organisation where id = $1 for update", [organisation.0], |_| Ok(()))?;
    }
    Ok(())
}

pub(crate) fn change(
    c: &Connection,
    organisation: OrganisationRow,
    account: AccountRow,
    role: Role,
) -> Result<bool, Error> {
    hold(c, organisation)?;
    let text = "update membership set role = $3 where organisation = $1 and account = $2
        and (role <> $4 or $3 = $4 or exists
            (select 1 from membership m where m.organisation = $1 and m.account <> $2 and m.role = $4))";
    let values = (organisation.0, account.0, role as u8, Role::Administrator as u8);
    Ok(c.execute(text, values)? == 1)
}

pub(crate) fn end(c: &Connection, organisation: OrganisationRow, account: AccountRow) -> Result<bool, Error> {
    hold(c, organisation)?;
    let text = "delete from membership where organisation = $1 and account = $2
        and (role <> $3 or exists
            (select 1 from membership m where m.organisation = $1 and m.account <> $2 and m.role = $3))";
    if c.execute(text, (organisation.0, account.0, Role::Administrator as u8))? == 0 {
        return Ok(false);
    }
    for text in [
        "delete from login where organisation = $1 and account = $2",
        "delete from filter where organisation = $1 and account = $2",
    ] {
        c.execute(text, (organisation.0, account.0))?;
    }
    Ok(true)
}

/// Reads of memberships.
pub struct Memberships<'a>(&'a Store);

impl Store {
    /// Reads of memberships.
    pub fn membership(&self) -> Memberships<'_> {
        Memberships(self)
    }
}

impl Memberships<'_> {
    /// What a person is in an organisation.
    pub async fn role(&self, organisation: OrganisationRow, account: AccountRow) -> Result<Option<Role>, Error> {
        let text = "select role from membership where organisation = $1 and account = $2";
        self.0.read(|c| c.one(text, (organisation.0, account.0), |row| code(row, 0, &Role::ALL)))
    }

    /// Where a person belongs, in the order of the organisations.
    pub async fn of(&self, account: AccountRow) -> Result<Vec<Membership>, Error> {
        let text = "select organisation, role, created_at from membership where account = $1
            order by organisation limit $2";
        self.0.read(|c| {
            c.all(text, (account.0, HOUSES), |row| {
                Ok(Membership {
                    organisation: OrganisationRow(row.get(0)?),
                    account,
                    role: code(row, 1, &Role::ALL)?,
                    created_at: time(row, 2)?,
                })
            })
        })
    }

    /// The members of an organisation after `after`, at most `limit`.
    pub async fn page(&self, house: OrganisationRow, after: AccountRow, limit: u32) -> Result<Vec<Listed>, Error> {
        let text = "select a.id, a.uid, a.login, m.role, m.created_at,
                case when a.factor is not null or exists (select 1 from passkey p where p.account = a.id)
                    then 1 else 0 end,
                (select max(l.seen_at) from login l where l.organisation = m.organisation and l.account = a.id)
            from membership m join account a on a.id = m.account
            where m.organisation = $1 and m.account > $2 order by m.account limit $3";
        self.0.read(|c| {
            c.all(text, (house.0, after.0, limit), |row| {
                Ok(Listed {
                    account: AccountRow(row.get(0)?),
                    uid: uuid(row, 1)?,
                    name: row.get(2)?,
                    role: code(row, 3, &Role::ALL)?,
                    created_at: time(row, 4)?,
                    secured: row.get::<i64>(5)? == 1,
                    seen_at: row.get::<Option<i64>>(6)?.map(Timestamp::from_millis),
                })
            })
        })
    }
}
