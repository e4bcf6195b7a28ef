//! Devices: SQL.

use crate::engine::{Connection, NONE, Row, code, params, uuid};
use crate::{Error, Store};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::id::{BatchRow, CertificateRow, DeviceRow, OrganisationRow, ProductRow};
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "id, uid, product, batch, maker, owner, serial, key, idevid, stage, condition, confirmed, period,
    sequence, head, stamps";

fn read(row: &Row<'_>) -> Result<Device, Error> {
    Ok(Device {
        row: DeviceRow(row.get(0)?),
        uid: uuid(row, 1)?,
        product: ProductRow(row.get(2)?),
        batch: BatchRow(row.get(3)?),
        maker: OrganisationRow(row.get(4)?),
        owner: OrganisationRow(row.get(5)?),
        serial: row.get(6)?,
        key: row.get(7)?,
        idevid: CertificateRow(row.get(8)?),
        stage: code(row, 9, &Stage::ALL)?,
        condition: code(row, 10, &Condition::ALL)?,
        confirmed: row.get(11)?,
        period: row.get(12)?,
        sequence: row.get(13)?,
        head: row.get(14)?,
        stamps: read_stamps(row.get::<&[u8]>(15)?),
    })
}

/// Thirteen bytes a stamp: stage, time, sequence number (0 where it is presumed).
fn write_stamps(stamps: &[Stamp]) -> Vec<u8> {
    let mut out = Vec::with_capacity(13 * stamps.len());
    for stamp in stamps {
        out.push(stamp.stage as u8);
        out.extend(stamp.at.millis().to_be_bytes());
        out.extend(stamp.sequence.unwrap_or(0).to_be_bytes());
    }
    out
}

fn read_stamps(bytes: &[u8]) -> Vec<Stamp> {
    let (stamps, _) = bytes.as_chunks::<13>();
    let parse = |[stage, at @ .., a, b, c, d]: &[u8; 13]| {
        let sequence = u32::from_be_bytes([*a, *b, *c, *d]);
        Some(Stamp {
            stage: Stage::from_code(*stage)?,
            at: Timestamp::from_millis(i64::from_be_bytes(*at)),
            sequence: (sequence > 0).then_some(sequence),
        })
    };
    stamps.iter().filter_map(parse).collect()
}

/// False where serial or key exist already.
pub(crate) fn insert(c: &Connection, d: &Device) -> Result<bool, Error> {
    let text = "insert into device (id, uid, product, batch, maker, owner, serial, key, idevid, stage, condition,
        confirmed, period, sequence, head, stamps)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict do nothing";
    let written = c.execute(
        text,
        params![
            d.row.0,
            d.uid.as_bytes(),
            d.product.0,
            d.batch.0,
            d.maker.0,
            d.owner.0,
            d.serial,
            d.key,
            d.idevid.0,
            d.stage as u8,
            d.condition as u8,
            d.confirmed,
            d.period,
            d.sequence,
            d.head,
            write_stamps(&d.stamps),
        ],
    )?;
    Ok(written == 1)
}

/// False where the device is no longer at `decided_on`, or would end while a campaign still asks something of it.
pub(crate) fn update(c: &Connection, d: &Device, decided_on: u32) -> Result<bool, Error> {
    let text = "update device set owner = $3, stage = $4, condition = $5, confirmed = $6, period = $7, sequence = $8,
        head = $9, stamps = $10 where id = $1 and sequence = $2
        and (cast($4 as bigint) <> $11 or not exists (select 1 from action where device = $1 and closed_at is null))";
    let written = c.execute(
        text,
        params![
            d.row.0,
            decided_on,
            d.owner.0,
            d.stage as u8,
            d.condition as u8,
            d.confirmed,
            d.period,
            d.sequence,
            d.head,
            write_stamps(&d.stamps),
            Stage::Retired as u8,
        ],
    )?;
    Ok(written == 1)
}

/// Reads of devices.
pub struct Devices<'a>(&'a Store);

/// Where a list goes on, and how long it may be.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Rows after this one.
    pub after: DeviceRow,
    /// At most so many.
    pub limit: u32,
}

impl Store {
    /// Reads of devices.
    pub fn device(&self) -> Devices<'_> {
        Devices(self)
    }
}

impl Devices<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: DeviceRow) -> Result<Option<Device>, Error> {
        self.0.read(|c| c.one(SELECT_BY_ROW, [row.0], read))
    }

    /// One, by its row, with the number of its events that stand in the log below `size`.
    pub async fn by_row_proved(&self, row: DeviceRow, size: u64) -> Result<Option<(Device, u32)>, Error> {
        let Some(device) = self.by_row(row).await? else { return Ok(None) };
        // asked after the device was read; of most devices it spares the way to their events
        if self.0.0.committer.all_below(row, size) {
            let proved = device.sequence;
            return Ok(Some((device, proved)));
        }
        let text = "select sequence from event where device = $1 and idx < $2 order by sequence desc limit 1";
        let proved = self.0.read(|c| c.one(text, (row.0, size as i64), |row| row.get(0)))?;
        Ok(Some((device, proved.unwrap_or(0))))
    }

    /// One, by product and the maker's serial number.
    pub async fn by_serial(&self, product: ProductRow, serial: &str) -> Result<Option<Device>, Error> {
        let text = format!("select {COLUMNS} from device where product = $1 and serial = $2");
        self.0.read(|c| c.one(&text, (product.0, serial), read))
    }

    /// One, by its key.
    pub async fn by_key(&self, key: &[u8; 16]) -> Result<Option<Device>, Error> {
        let text = format!("select {COLUMNS} from device where key = $1");
        self.0.read(|c| c.one(&text, [key], read))
    }

    /// Those that an organisation made or owns, in the order of their rows.
    pub async fn page(&self, organisation: OrganisationRow, page: Page) -> Result<Vec<Device>, Error> {
        let one = |relation: &str| {
            format!("select {COLUMNS} from device where {relation} = $1 and id > $2 order by id limit $3")
        };
        let (made, owned) = (one("maker"), one("owner"));
        let values = (organisation.0, page.after.0, page.limit);
        self.0.read(|c| {
            let mut all: Vec<Device> = c.all(&made, values, read)?;
            let owned: Vec<Device> = c.all(&owned, values, read)?;
            all.extend(owned.into_iter().filter(|d| d.maker != organisation));
            all.sort_by_key(|d| d.row);
            all.truncate(page.limit as usize);
            Ok(all)
        })
    }

    /// Those that wait for their confirmation after a row, at most `limit`, in the order of their rows.
    pub async fn unconfirmed(&self, page: Page) -> Result<Vec<Device>, Error> {
        let text =
            format!("select {COLUMNS} from device where confirmed = 0 and stage = 0 and id > $1 order by id limit $2");
        let values = (page.after.0, page.limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// When the newest event of the newest device happened: a clock that stands before it is wrong.
    pub async fn newest_event(&self) -> Result<Option<Timestamp>, Error> {
        let text = "select max(e.at) from event e where e.device = (select max(id) from device)";
        let newest = self.0.read(|c| c.only(text, NONE, |row| row.get::<Option<i64>>(0)))?;
        Ok(newest.map(Timestamp::from_millis))
    }
}

const SELECT_BY_ROW: &str = "select id, uid, product, batch, maker, owner, serial, key, idevid, stage, condition,
    confirmed, period, sequence, head, stamps from device where id = $1";
