//! Notices: SQL.

use crate::engine::{Connection, NONE, Row, time, uuid};
use crate::{Error, Store};
use tegata_domain::id::{DeviceRow, NoticeRow, OrganisationRow, Uuid};
use tegata_domain::notice::{Contact, Language, Notice, NoticeKind};
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "id, uid, organisation, device, kind, at, attempts, sent_at, receipt_at";

/// How long the same is not told again, unless it was read meanwhile. Milliseconds.
const ONCE_IN: i64 = 24 * 3600 * 1000;

/// A notice waits from its first moment on. One that says the same as another that nobody has read, of the day before,
/// is left out: a thousand findings are one letter.
pub(crate) fn insert(c: &Connection, n: &Notice) -> Result<(), Error> {
    let text = "insert into notice (uid, organisation, device, kind, at, attempts, next_try)
        select $1, $2, $3, $4, $5, 0, $5 where not exists (select 1 from notice
            where organisation = $2 and kind = $4 and device = $3 and at > $6 and receipt_at is null)";
    let device = n.device.map_or(0, |d| d.0);
    let (at, since) = (n.at.millis(), n.at.millis() - ONCE_IN);
    c.execute(text, (n.uid.as_bytes(), n.organisation.0, device, n.kind as u8, at, since))?;
    Ok(())
}

/// It went out. False when it had gone out before.
pub(crate) fn sent(c: &Connection, row: NoticeRow, at: Timestamp) -> Result<bool, Error> {
    let text = "update notice set sent_at = $2, attempts = attempts + 1, next_try = null
        where id = $1 and sent_at is null";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

/// It did not go out; it is tried again at `next`. False when it went out meanwhile.
pub(crate) fn tried(c: &Connection, row: NoticeRow, next: Timestamp) -> Result<bool, Error> {
    let text = "update notice set attempts = attempts + 1, next_try = $2 where id = $1 and sent_at is null";
    Ok(c.execute(text, (row.0, next.millis()))? == 1)
}

/// Somebody said to have read it; whoever has read it need not be written to. False when that was said before.
pub(crate) fn receipt(c: &Connection, row: NoticeRow, at: Timestamp) -> Result<bool, Error> {
    let text = "update notice set receipt_at = $2, next_try = null where id = $1 and receipt_at is null";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

/// Sets where the notices of an organisation go, and makes due what waits.
pub(crate) fn set_contact(
    c: &Connection,
    row: OrganisationRow,
    contact: Option<&Contact>,
    now: Timestamp,
) -> Result<bool, Error> {
    let text = "update organisation set mail = $2, language = $3 where id = $1";
    let language = contact.and_then(|k| k.language).map(|l| l as u8);
    if c.execute(text, (row.0, contact.map(|k| &k.mail), language))? == 0 {
        return Ok(false);
    }
    if contact.is_some() {
        let text = "update notice set next_try = $2 where organisation = $1 and next_try is not null";
        c.execute(text, (row.0, now.millis()))?;
    }
    Ok(true)
}

fn read(row: &Row<'_>) -> Result<(NoticeRow, Notice), Error> {
    let moment = |i: usize| Ok::<_, Error>(row.get::<Option<i64>>(i)?.map(Timestamp::from_millis));
    let notice = Notice {
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        device: Some(row.get(3)?).filter(|row| *row != 0).map(DeviceRow),
        kind: NoticeKind::from_code(row.get(4)?).unwrap_or(NoticeKind::Finding),
        at: time(row, 5)?,
        attempts: row.get(6)?,
        sent_at: moment(7)?,
        receipt_at: moment(8)?,
    };
    Ok((NoticeRow(row.get(0)?), notice))
}

/// Reads of notices.
pub struct Notices<'a>(&'a Store);

impl Store {
    /// Reads of notices.
    pub fn notice(&self) -> Notices<'_> {
        Notices(self)
    }
}

impl Notices<'_> {
    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<(NoticeRow, Notice)>, Error> {
        let text = format!("select {COLUMNS} from notice where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn page(
        &self,
        organisation: OrganisationRow,
        after: NoticeRow,
        limit: u32,
    ) -> Result<Vec<(NoticeRow, Notice)>, Error> {
        let text = format!("select {COLUMNS} from notice where organisation = $1 and id > $2 order by id limit $3");
        let values = (organisation.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// Those to an organisation about a device, newest first, at most `limit`.
    pub async fn of_device(
        &self,
        organisation: OrganisationRow,
        device: DeviceRow,
        limit: u32,
    ) -> Result<Vec<(NoticeRow, Notice)>, Error> {
        let text = format!(
            "select {COLUMNS} from notice where organisation = $1 and kind = $2 and device = $3 order by at desc limit $4"
        );
        let mut all = Vec::new();
        for kind in NoticeKind::ALL {
            let values = (organisation.0, kind as u8, device.0, limit);
            all.extend(self.0.read(|c| c.all(&text, values, read))?);
        }
        all.sort_by_key(|(row, _)| std::cmp::Reverse(row.0));
        all.truncate(limit as usize);
        Ok(all)
    }

    /// Those that are to be sent at `now`, at most `limit`, those that wait longest first.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(NoticeRow, Notice)>, Error> {
        let text = format!(
            "select {COLUMNS} from notice where next_try is not null and next_try <= $1 order by next_try limit $2"
        );
        let values = (now.millis(), limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// When the next one is to be sent.
    pub async fn next(&self) -> Result<Option<Timestamp>, Error> {
        let text = "select min(next_try) from notice where next_try is not null";
        let millis = self.0.read(|c| c.only(text, NONE, |row| row.get::<Option<i64>>(0)))?;
        Ok(millis.map(Timestamp::from_millis))
    }

    /// Where the notices of an organisation go.
    pub async fn contact(&self, organisation: OrganisationRow) -> Result<Option<Contact>, Error> {
        let text = "select mail, language from organisation where id = $1 and mail is not null";
        let read = |row: &Row<'_>| {
            let language = row.get::<Option<u8>>(1)?.and_then(Language::from_code);
            Ok(Contact { mail: row.get(0)?, language })
        };
        self.0.read(|c| c.one(text, [organisation.0], read))
    }
}
