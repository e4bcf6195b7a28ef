//! Findings: SQL.

use crate::engine::{Connection, Row, time, uuid};
use crate::{Error, Store};
use tegata_domain::finding::{Finding, FindingKind, FindingState};
use tegata_domain::id::{BatchRow, DeviceRow, OrganisationRow, Uuid};
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "id, uid, organisation, device, batch, kind, level, at, data, closed_at, close_reason";

pub(crate) fn insert(c: &Connection, f: &Finding) -> Result<(), Error> {
    enter(c, f, false)
}

/// Enters a finding that stands open once for its organisation, device and kind.
pub(crate) fn open(c: &Connection, f: &Finding) -> Result<(), Error> {
    enter(c, f, true)
}

fn enter(c: &Connection, f: &Finding, standing: bool) -> Result<(), Error> {
    let text = "insert into finding (uid, organisation, device, batch, kind, level, at, data, standing)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (device, kind, organisation) where standing = 1 do nothing";
    c.execute(
        text,
        (
            f.uid.as_bytes(),
            f.organisation.0,
            f.device.map(|d| d.0),
            f.batch.map(|b| b.0),
            &f.kind,
            f.level,
            f.at.millis(),
            f.data.to_string(),
            standing,
        ),
    )?;
    Ok(())
}

/// Closes what stands open.
pub(crate) fn close(
    c: &Connection,
    device: DeviceRow,
    kind: FindingKind,
    (at, reason): (Timestamp, &str),
) -> Result<(), Error> {
    let text = "update finding set closed_at = $3, close_reason = $4, standing = 0
        where device = $1 and kind = $2 and standing = 1";
    c.execute(text, (device.0, kind.name(), at.millis(), reason))?;
    Ok(())
}

/// False where it was closed already.
pub(crate) fn end(c: &Connection, uid: Uuid, (at, reason): (Timestamp, &str)) -> Result<bool, Error> {
    let text =
        "update finding set closed_at = $2, close_reason = $3, standing = 0 where uid = $1 and closed_at is null";
    Ok(c.execute(text, (uid.as_bytes(), at.millis(), reason))? == 1)
}

fn read(row: &Row<'_>) -> Result<(i64, Finding), Error> {
    let finding = Finding {
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        device: row.get::<Option<i64>>(3)?.map(DeviceRow),
        batch: row.get::<Option<i64>>(4)?.map(BatchRow),
        kind: row.get(5)?,
        level: row.get(6)?,
        at: time(row, 7)?,
        data: serde_json::from_str(row.get::<&str>(8)?).unwrap_or_default(),
        closed: match row.get::<Option<i64>>(9)? {
            Some(at) => Some((Timestamp::from_millis(at), row.get(10)?)),
            None => None,
        },
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
    /// Those of an organisation in a state, or in any, after `after`, at most `limit`, each with its row. A finding on
    /// a device that it neither made nor owns any more is not among them.
    pub async fn page(
        &self,
        organisation: OrganisationRow,
        state: Option<FindingState>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Finding)>, Error> {
        let state = match state {
            None => "",
            Some(FindingState::Open) => "and closed_at is null",
            Some(FindingState::Closed) => "and closed_at is not null",
        };
        let text = format!(
            "select {COLUMNS} from finding where organisation = $1 and id > $2 {state}
            and (device is null or exists (select 1 from device d
                where d.id = finding.device and (d.owner = $1 or d.maker = $1)))
            order by id limit $3"
        );
        let values = (organisation.0, after, limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Finding>, Error> {
        let text = format!("select {COLUMNS} from finding where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], |r| Ok(read(r)?.1)))
    }

    /// Those about a device, for an organisation, newest first, at most `limit`.
    pub async fn of_device(
        &self,
        device: DeviceRow,
        organisation: OrganisationRow,
        limit: u32,
    ) -> Result<Vec<Finding>, Error> {
        // some a kind, and few kinds
        let text = format!("select {COLUMNS} from finding where device = $1 and organisation = $2 limit $3");
        let mut found = self.0.read(|c| c.all(&text, (device.0, organisation.0, 10 * limit), read))?;
        found.sort_by_key(|(row, _)| std::cmp::Reverse(*row));
        Ok(found.into_iter().take(limit as usize).map(|(_, finding)| finding).collect())
    }

    /// The newest of this kind about a device, for an organisation.
    pub async fn newest(
        &self,
        device: DeviceRow,
        kind: FindingKind,
        organisation: OrganisationRow,
    ) -> Result<Option<Finding>, Error> {
        let text = format!(
            "select {COLUMNS} from finding where device = $1 and kind = $2 and organisation = $3 order by id desc limit 1"
        );
        let values = (device.0, kind.name(), organisation.0);
        self.0.read(|c| c.one(&text, values, |row| Ok(read(row)?.1)))
    }
}
