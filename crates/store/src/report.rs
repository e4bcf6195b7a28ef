//! Reports about devices: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::{Error, Store};
use tegata_domain::finding::FindingKind;
use tegata_domain::id::DeviceRow;
use tegata_domain::report::{A_DAY, Report, ReportKind, Tongue};
use tegata_domain::scan::Day;
use tegata_domain::time::Timestamp;

/// Enters a report; false where there were enough about this device today.
pub(crate) fn insert(c: &Connection, r: &Report) -> Result<bool, Error> {
    let text = "insert into report (uid, device, at, language, kind, text)
        select $1, id, $3, $4, $5, $6 from device where id = $2
        and (select count(*) from report r where r.device = $2 and r.at >= $7) < $8";
    let today = Day::of(r.at).begin().millis();
    let values = (r.uid.as_bytes(), r.device.0, r.at.millis(), r.language as u8, r.kind as u8, &r.text, today, A_DAY);
    Ok(c.execute(text, values)? == 1)
}

fn read(row: &Row<'_>) -> Result<(i64, Report), Error> {
    let report = Report {
        uid: uuid(row, 1)?,
        device: DeviceRow(row.get(2)?),
        at: time(row, 3)?,
        language: code(row, 4, &Tongue::ALL)?,
        kind: code(row, 5, &ReportKind::ALL)?,
        text: row.get(6)?,
    };
    Ok((row.get(0)?, report))
}

/// Reports about devices.
pub struct Reports<'a>(&'a Store);

impl Store {
    /// Reports about devices.
    pub fn report(&self) -> Reports<'_> {
        Reports(self)
    }
}

impl Reports<'_> {
    /// Those about a device after `after`, at most `limit`, each with its row.
    pub async fn page(&self, device: DeviceRow, after: i64, limit: u32) -> Result<Vec<(i64, Report)>, Error> {
        let text = "select id, uid, device, at, language, kind, text from report
            where device = $1 and id > $2 order by id limit $3";
        self.0.read(|c| c.all(text, (device.0, after, limit), read))
    }

    /// Whether one waits for somebody to look at it.
    pub async fn waits(&self, device: DeviceRow) -> Result<bool, Error> {
        let text = "select 1 from finding where device = $1 and kind = $2 and standing = 1 limit 1";
        let values = (device.0, FindingKind::ProblemReported.name());
        self.0.read(|c| Ok(c.one(text, values, |_| Ok(()))?.is_some()))
    }

    /// Forgets reports from before a moment, at most `limit`, and answers how many they were.
    pub async fn sweep(&self, before: Timestamp, limit: u32) -> Result<usize, Error> {
        let text = "delete from report where id in (select id from report where at < $1 order by at limit $2)";
        self.0.0.committer.task(move |c| c.execute(text, (before.millis(), limit))).await
    }
}
