//! Kept filters: SQL.

use crate::engine::{Connection, Row, time, uuid};
use crate::{Error, Store};
use tegata_domain::filter::{Filter, KEPT_MAX, Kept};
use tegata_domain::id::{AccountRow, FilterRow, OrganisationRow};

/// False where its keeper has as many as she may.
pub(crate) fn insert(c: &Connection, kept: &Kept) -> Result<bool, Error> {
    let text = "insert into filter (id, uid, organisation, account, name, query, created_at)
        select $1, $2, m.organisation, m.account, $5, $6, $7 from membership m
        where m.organisation = $3 and m.account = $4
        and (select count(*) from filter f where f.organisation = $3 and f.account = $4) < $8";
    let query = kept.filter.map(|filter| filter.to_string()).unwrap_or_default();
    let (organisation, account) = (kept.organisation.0, kept.account.0);
    let values =
        (kept.row.0, kept.uid.as_bytes(), organisation, account, &kept.name, query, kept.created_at.millis(), KEPT_MAX);
    Ok(c.execute(text, values)? == 1)
}

/// False where it is not there, or another's.
pub(crate) fn end(c: &Connection, row: FilterRow, account: AccountRow) -> Result<bool, Error> {
    Ok(c.execute("delete from filter where id = $1 and account = $2", (row.0, account.0))? == 1)
}

fn read(row: &Row<'_>) -> Result<Kept, Error> {
    Ok(Kept {
        row: FilterRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        account: AccountRow(row.get(3)?),
        name: row.get(4)?,
        filter: Filter::parse(row.get::<&str>(5)?).ok(),
        created_at: time(row, 6)?,
    })
}

/// Reads of kept filters.
pub struct Filters<'a>(&'a Store);

impl Store {
    /// Reads of kept filters.
    pub fn filter(&self) -> Filters<'_> {
        Filters(self)
    }
}

impl Filters<'_> {
    /// Those that a person keeps in an organisation, in the order in which they came.
    pub async fn of(&self, organisation: OrganisationRow, account: AccountRow) -> Result<Vec<Kept>, Error> {
        let text = "select id, uid, organisation, account, name, query, created_at from filter
            where organisation = $1 and account = $2 order by id limit $3";
        self.0.read(|c| c.all(text, (organisation.0, account.0, KEPT_MAX), read))
    }
}
