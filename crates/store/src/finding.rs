//! Findings: SQL.

use crate::engine::{prepare, time, uuid};
use crate::{Error, Store};
use rusqlite::{Connection, Row};
use tegata_domain::finding::Finding;
use tegata_domain::id::{BatchRow, DeviceRow, OrganisationRow};

pub(crate) fn insert(c: &Connection, f: &Finding) -> Result<(), Error> {
    let text = "insert into finding (uid, organisation, device, batch, kind, level, at, data)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    prepare(c, text)?.execute((
        f.uid.as_bytes(),
        f.organisation.0,
        f.device.map(|d| d.0),
        f.batch.map(|b| b.0),
        &f.kind,
        f.level,
        f.at.millis(),
        f.data.to_string(),
    ))?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Finding)> {
    let finding = Finding {
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        device: row.get::<_, Option<i64>>(3)?.map(DeviceRow),
        batch: row.get::<_, Option<i64>>(4)?.map(BatchRow),
        kind: row.get(5)?,
        level: row.get(6)?,
        at: time(row, 7)?,
        data: serde_json::from_str(row.get_ref(8)?.as_str()?).unwrap_or_default(),
    };
    Ok((row.get(0)?, finding))
}

/// Reads of findings.
pub struct Findings<'a>(&'a Store);

impl Store {
    /// Reads of findings.
    pub fn finding(&self) -> Findings<'_> {
        Findings(self)
    }
}

impl Findings<'_> {
    /// Those of an organisation after `after`, at most `limit`, each with its row. A finding on a device that it
    /// neither made nor owns any more is not among them.
    pub async fn page(
        &self,
        organisation: OrganisationRow,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Finding)>, Error> {
        let text = "select id, uid, organisation, device, batch, kind, level, at, data from finding
            where organisation = $1 and id > $2
            and (device is null or exists (select 1 from device d
                where d.id = finding.device and (d.owner = $1 or d.maker = $1)))
            order by id limit $3";
        let values = (organisation.0, after, limit);
        self.0.read(|c| Ok(prepare(c, text)?.query_map(values, read)?.collect::<Result<_, _>>()?))
    }
}
