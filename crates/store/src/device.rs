//! Devices: SQL.

use crate::engine::{Connection, NONE, Row, Value, code, time, uuid};
use crate::{Error, Store, tally};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::id::{BatchRow, CertificateRow, DeviceRow, OrganisationRow, ProductRow, ReleaseRow, Uuid};
use tegata_domain::lookup::Glance;
use tegata_domain::release::Running;
use tegata_domain::tally::Standing;
use tegata_domain::time::Timestamp;

const COLUMNS: &str =
    "d.id, d.uid, d.product, d.batch, d.maker, d.owner, d.serial, d.key, d.idevid, d.stage, d.condition,
    d.confirmed, d.period, d.sequence, d.head, d.stamps";

/// What stands beside a device in a list.
const BESIDE: &str = "o.uid, s.at, r.version, r.release, r.at, f.uid";
const FROM: &str = "from device d left join organisation o on o.id = d.owner left join seen s on s.device = d.id
    left join running r on r.device = d.id left join release f on f.id = r.release";

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

fn glance(row: &Row<'_>) -> Result<Glance, Error> {
    Ok(Glance {
        product: ProductRow(row.get(0)?),
        stage: code(row, 1, &Stage::ALL)?,
        condition: code(row, 2, &Condition::ALL)?,
        confirmed: row.get(3)?,
        period: row.get(4)?,
        head: (row.get(5)?, row.get(6)?),
        stamps: read_stamps(row.get::<&[u8]>(7)?),
        looked: row.get(8)?,
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

/// Answers how many were entered: fewer where serial or key exist already.
pub(crate) fn insert(c: &Connection, devices: &[&Device]) -> Result<usize, Error> {
    let text = "insert into device (id, uid, product, batch, maker, owner, serial, key, idevid, stage, condition,
        confirmed, period, sequence, head, stamps)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict do nothing";
    let stamps: Vec<Vec<u8>> = devices.iter().map(|d| write_stamps(&d.stamps)).collect();
    let rows = devices.iter().zip(&stamps).map(|(d, stamps)| {
        [
            Value::Int(d.row.0),
            Value::Blob(d.uid.as_bytes()),
            Value::Int(d.product.0),
            Value::Int(d.batch.0),
            Value::Int(d.maker.0),
            Value::Int(d.owner.0),
            Value::Text(&d.serial),
            Value::Blob(&d.key),
            Value::Int(d.idevid.0),
            Value::Int(d.stage as i64),
            Value::Int(d.condition as i64),
            Value::Int(d.confirmed.into()),
            Value::Int(d.period.into()),
            Value::Int(d.sequence.into()),
            Value::Blob(&d.head),
            Value::Blob(stamps),
        ]
    });
    c.insert_all(text, rows)
}

/// Answers where the device stood; `None` where it is no longer at `decided_on`, or would end while a campaign still asks
/// something of it.
pub(crate) fn update(c: &Connection, d: &Device, decided_on: u32) -> Result<Option<Standing>, Error> {
    let stamps = write_stamps(&d.stamps);
    let values = [
        Value::Int(d.row.0),
        Value::Int(decided_on.into()),
        Value::Int(d.owner.0),
        Value::Int(d.stage as i64),
        Value::Int(d.condition as i64),
        Value::Int(d.confirmed.into()),
        Value::Int(d.period.into()),
        Value::Int(d.sequence.into()),
        Value::Blob(&d.head),
        Value::Blob(&stamps),
        Value::Int(Stage::Retired as i64),
    ];
    let stood = |row: &Row<'_>| {
        let before = Standing {
            maker: d.maker,
            owner: OrganisationRow(row.get(0)?),
            product: d.product,
            release: tally::release(row, 1)?,
            stage: code(row, 2, &Stage::ALL)?,
            condition: code(row, 3, &Condition::ALL)?,
        };
        Ok((before, row.get::<bool>(4)?))
    };
    if c.postgres().is_some() {
        // one statement, since each waits for its answer
        let text = "with old as (select id, owner, release, stage, condition, confirmed from device
                where id = $1 and sequence = $2 for update)
            update device set owner = $3, stage = $4, condition = $5, confirmed = $6, period = $7, sequence = $8,
            head = $9, stamps = $10 from old where device.id = old.id and (cast($4 as bigint) <> $11
                or not exists (select 1 from action a where a.device = $1 and a.closed_at is null))
            returning old.owner, old.release, old.stage, old.condition, old.confirmed";
        return Ok(c.one(text, values, stood)?.map(|(before, _)| before));
    }
    let text = "select owner, release, stage, condition, confirmed from device where id = $1 and sequence = $2";
    let Some((before, confirmed)) = c.one(text, (d.row.0, decided_on), stood)? else { return Ok(None) };
    if before == Standing::of(d, before.release) && confirmed == d.confirmed && d.stage != Stage::Retired {
        // what no index holds: it is spared to write each of them anew
        let text =
            "update device set period = $3, sequence = $4, head = $5, stamps = $6 where id = $1 and sequence = $2";
        let values = (d.row.0, decided_on, d.period, d.sequence, d.head, &stamps);
        return Ok((c.execute(text, values)? == 1).then_some(before));
    }
    let text = "update device set owner = $3, stage = $4, condition = $5, confirmed = $6, period = $7, sequence = $8,
        head = $9, stamps = $10 where id = $1 and sequence = $2
        and (cast($4 as bigint) <> $11 or not exists (select 1 from action where device = $1 and closed_at is null))";
    Ok((c.execute(text, values)? == 1).then_some(before))
}

/// Notes the release that a device runs; answers where it stood before, `None` where nothing changed.
pub(crate) fn run(c: &Connection, row: DeviceRow, release: Option<ReleaseRow>) -> Result<Option<Standing>, Error> {
    let text = "select maker, owner, product, release, stage, condition from device where id = $1";
    let read = |row: &Row<'_>| {
        Ok(Standing {
            maker: OrganisationRow(row.get(0)?),
            owner: OrganisationRow(row.get(1)?),
            product: ProductRow(row.get(2)?),
            release: tally::release(row, 3)?,
            stage: code(row, 4, &Stage::ALL)?,
            condition: code(row, 5, &Condition::ALL)?,
        })
    };
    let before = c.one(text, [row.0], read)?.filter(|before| before.release != release);
    if before.is_some() {
        let text = "update device set release = $2 where id = $1";
        c.execute(text, (row.0, release.map_or(0, |release| release.0)))?;
    }
    Ok(before)
}

/// A device, and what a list shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The device.
    pub device: Device,
    /// Its owner's outward id.
    pub owner: Option<Uuid>,
    /// When it was last heard from, as far as it is written down.
    pub seen_at: Option<Timestamp>,
    /// What it runs, and the outward id of that release where it is one.
    pub running: Option<(Running, Option<Uuid>)>,
}

/// The statement for those at these places.
pub(crate) fn select_listed(places: &str) -> String {
    format!("select {COLUMNS}, {BESIDE} {FROM} where d.id in ({places})")
}

pub(crate) fn read_listed(row: &Row<'_>) -> Result<Listed, Error> {
    let device = read(row)?;
    let id = |column| Ok::<_, Error>(row.get::<Option<[u8; 16]>>(column)?.map(Uuid::from_bytes));
    let running = match row.get::<Option<String>>(18)? {
        Some(version) => {
            let release = row.get::<Option<i64>>(19)?.map(ReleaseRow);
            Some((Running { device: device.row, version, release, at: time(row, 20)? }, id(21)?))
        }
        None => None,
    };
    Ok(Listed { owner: id(16)?, seen_at: row.get::<Option<i64>>(17)?.map(Timestamp::from_millis), running, device })
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

    /// What a look-up shows of one, by its row, with the number of its events that stand in the log below `size`.
    pub async fn glance(&self, row: DeviceRow, size: u64) -> Result<Option<(Glance, u32)>, Error> {
        // short, since a statement is found by its text
        let text = "select product, stage, condition, confirmed, period, sequence, head, stamps, looked from device
            where id = $1";
        let Some(device) = self.0.read(|c| c.one(text, [row.0], glance))? else { return Ok(None) };
        // asked after the device was read; of most devices it spares the way to their events
        if self.0.0.committer.all_below(row, size) {
            let proved = device.head.0;
            return Ok(Some((device, proved)));
        }
        let text = "select sequence from event where device = $1 and idx < $2 order by sequence desc limit 1";
        let proved = self.0.read(|c| c.one(text, (row.0, size as i64), |row| row.get(0)))?;
        Ok(Some((device, proved.unwrap_or(0))))
    }

    /// One, by its row, as a list shows it.
    pub async fn listed(&self, row: DeviceRow) -> Result<Option<Listed>, Error> {
        let text = format!("select {COLUMNS}, {BESIDE} {FROM} where d.id = $1");
        self.0.read(|c| c.one(&text, [row.0], read_listed))
    }

    /// One, by product and the maker's serial number, as a list shows it.
    pub async fn listed_by_serial(&self, product: ProductRow, serial: &str) -> Result<Option<Listed>, Error> {
        let text = format!("select {COLUMNS}, {BESIDE} {FROM} where d.product = $1 and d.serial = $2");
        self.0.read(|c| c.one(&text, (product.0, serial), read_listed))
    }

    /// One, by product and the maker's serial number.
    pub async fn by_serial(&self, product: ProductRow, serial: &str) -> Result<Option<Device>, Error> {
        let text = format!("select {COLUMNS} from device d where d.product = $1 and d.serial = $2");
        self.0.read(|c| c.one(&text, (product.0, serial), read))
    }

    /// One, by its key.
    pub async fn by_key(&self, key: &[u8; 16]) -> Result<Option<Device>, Error> {
        let text = format!("select {COLUMNS} from device d where d.key = $1");
        self.0.read(|c| c.one(&text, [key], read))
    }

    /// Those that an organisation made or owns, in the order of their rows.
    pub async fn page(&self, organisation: OrganisationRow, page: Page) -> Result<Vec<Listed>, Error> {
        let one = |relation: &str| {
            format!("select {COLUMNS}, {BESIDE} {FROM} where d.{relation} = $1 and d.id > $2 order by d.id limit $3")
        };
        let (made, owned) = (one("maker"), one("owner"));
        // from the index alone: what a maker owns, it mostly made
        let rows = "select id from device where owner = $1 and id > $2 order by id limit $3";
        let values = (organisation.0, page.after.0, page.limit);
        self.0.read(|c| {
            let mut all: Vec<Listed> = c.all(&made, values, read_listed)?;
            let rows: Vec<DeviceRow> = c.all(rows, values, |row| Ok(DeviceRow(row.get(0)?)))?;
            let is_there = |row: &DeviceRow| all.binary_search_by_key(row, |listed| listed.device.row).is_ok();
            let whole = all.len() == page.limit as usize;
            let last = all.last().map(|listed| listed.device.row).filter(|_| whole);
            let wanted = |row: &&DeviceRow| last.is_none_or(|last| **row < last) && !is_there(row);
            if rows.iter().find(wanted).is_some() {
                let owned: Vec<Listed> = c.all(&owned, values, read_listed)?;
                all.extend(owned.into_iter().filter(|listed| listed.device.maker != organisation));
                all.sort_by_key(|listed| listed.device.row);
                all.truncate(page.limit as usize);
            }
            Ok(all)
        })
    }

    /// Those that wait for their confirmation after a row, at most `limit`, in the order of their rows.
    pub async fn unconfirmed(&self, page: Page) -> Result<Vec<Device>, Error> {
        let text = format!(
            "select {COLUMNS} from device d where d.confirmed = 0 and d.stage = 0 and d.id > $1 order by d.id limit $2"
        );
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
