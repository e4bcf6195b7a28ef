//! The audit: SQL.

use crate::engine::{Connection, Row, time};
use crate::{Error, Store};
use tegata_domain::audit::AuditEntry;
use tegata_domain::id::OrganisationRow;

pub(crate) fn insert(c: &Connection, e: &AuditEntry, subject: &str) -> Result<(), Error> {
    let text = "insert into audit (at, organisation, actor, operation, subject) values ($1, $2, $3, $4, $5)";
    let values = (e.at.millis(), e.organisation.map(|o| o.0), &e.actor, &e.operation, subject);
    c.execute(text, values)?;
    Ok(())
}

/// Reads of the audit.
pub struct Audit<'a>(&'a Store);

impl Store {
    /// Reads of the audit.
    pub fn audit(&self) -> Audit<'_> {
        Audit(self)
    }
}

impl Audit<'_> {
    /// Entries of an organisation after `after`, at most `limit`, each with its row.
    pub async fn page(
        &self,
        organisation: OrganisationRow,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, Error> {
        let text = "select id, at, organisation, actor, operation, subject from audit
            where organisation = $1 and id > $2 order by id limit $3";
        self.0.read(|c| c.all(text, (organisation.0, after, limit), read))
    }

    /// Entries of an organisation before `before`, newest first, at most `limit`, each with its row.
    pub async fn before(
        &self,
        organisation: OrganisationRow,
        before: i64,
        limit: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, Error> {
        let text = "select id, at, organisation, actor, operation, subject from audit
            where organisation = $1 and id < $2 order by id desc limit $3";
        self.0.read(|c| c.all(text, (organisation.0, before, limit), read))
    }
}

fn read(row: &Row<'_>) -> Result<(i64, AuditEntry), Error> {
    let entry = AuditEntry {
        at: time(row, 1)?,
        organisation: row.get::<Option<i64>>(2)?.map(OrganisationRow),
        actor: row.get(3)?,
        operation: row.get(4)?,
        subject: row.get(5)?,
    };
    Ok((row.get(0)?, entry))
}
