//! Devices by where they stand: SQL. Each question reads a bounded number of rows of one index.
//!
//! Why beside `device`: a list that is narrowed down is put together from several of these, by who asks.

use crate::device::{Listed, Page, read_listed, select_listed};
use crate::engine::{Row, Value, code};
use crate::{Error, Store, tally};
use tegata_domain::device::{Condition, Stage};
use tegata_domain::id::{DeviceRow, OrganisationRow, ProductRow, ReleaseRow, Uuid};
use tegata_domain::tally::{Place, Side};
use tegata_domain::time::Timestamp;

/// Devices that are asked for by their rows at once.
const TOGETHER: usize = 100;

/// A device that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// Which.
    pub device: DeviceRow,
    /// Where it stands.
    pub place: Place,
}

/// A release that devices of an organisation run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Which.
    pub release: ReleaseRow,
    /// Its outward id.
    pub uid: Uuid,
    /// Of which product.
    pub product: ProductRow,
    /// Its version.
    pub version: String,
    /// Its security version.
    pub security_version: u32,
    /// The highest security version that a release of the product has.
    pub highest: u32,
}

/// Searches among devices.
pub struct Finds<'a>(&'a Store);

impl Store {
    /// Searches among devices.
    pub fn find(&self) -> Finds<'_> {
        Finds(self)
    }
}

/// `$1, $2, …`: a place for each of [`TOGETHER`].
fn places() -> String {
    (1..=TOGETHER).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ")
}

/// Rows as values, the last one again until there are [`TOGETHER`].
fn values(rows: &[DeviceRow]) -> Vec<Value<'static>> {
    let last = rows.last().copied().unwrap_or(DeviceRow(0));
    let all = rows.iter().copied().chain(std::iter::repeat(last)).take(TOGETHER);
    all.map(|row| Value::Int(row.0)).collect()
}

fn row(row: &Row<'_>) -> Result<DeviceRow, Error> {
    Ok(DeviceRow(row.get(0)?))
}

impl Finds<'_> {
    /// Devices that stand at a place, in the order of their rows. Of owned ones, not those that are fresh: no index holds
    /// them by where they stand.
    pub async fn at(&self, place: &Place, page: Page) -> Result<Vec<DeviceRow>, Error> {
        let text = match place.side {
            Side::Owned => {
                "select id from device where owner = $1 and product = $2 and release = $3 and stage = $4
                and condition = $5 and (stage > 0 or condition > 0 or release > 0) and id > $6 order by id limit $7"
            }
            Side::Made => {
                "select id from device where maker = $1 and product = $2 and release = $3 and stage = $4
                and condition = $5 and owner <> maker and id > $6 order by id limit $7"
            }
        };
        let release = place.release.map_or(0, |release| release.0);
        let (stage, condition) = (place.stage as u8, place.condition as u8);
        let values = (place.organisation.0, place.product.0, release, stage, condition, page.after.0, page.limit);
        self.0.read(|c| c.all(text, values, row))
    }

    /// The next devices of a side after a row, whatever they are: `limit` are looked at. Of the side of the maker that is
    /// all that it made, its own among them.
    pub async fn look(&self, organisation: OrganisationRow, side: Side, page: Page) -> Result<Vec<Looked>, Error> {
        let text = match side {
            Side::Owned => {
                "select id, product, release, stage, condition, owner from device
                where owner = $1 and id > $2 order by id limit $3"
            }
            Side::Made => {
                "select id, product, release, stage, condition, owner from device
                where maker = $1 and id > $2 order by id limit $3"
            }
        };
        let read = |row: &Row<'_>| {
            let side = if row.get::<i64>(5)? == organisation.0 { Side::Owned } else { Side::Made };
            let place = Place {
                organisation,
                side,
                product: ProductRow(row.get(1)?),
                release: tally::release(row, 2)?,
                stage: code(row, 3, &Stage::ALL)?,
                condition: code(row, 4, &Condition::ALL)?,
            };
            Ok(Looked { device: DeviceRow(row.get(0)?), place })
        };
        self.0.read(|c| c.all(text, (organisation.0, page.after.0, page.limit), read))
    }

    /// These devices as a list shows them, in the order of their rows.
    pub async fn listed(&self, rows: &[DeviceRow]) -> Result<Vec<Listed>, Error> {
        let text = select_listed(&places());
        let mut all = Vec::with_capacity(rows.len());
        for some in rows.chunks(TOGETHER) {
            let values = values(some);
            all.extend(self.0.read(|c| c.all(&text, &*values, read_listed))?);
        }
        all.sort_by_key(|listed| listed.device.row);
        Ok(all)
    }

    /// When these devices were last heard from, as far as it is written down.
    pub async fn seen(&self, rows: &[DeviceRow]) -> Result<Vec<(DeviceRow, Timestamp)>, Error> {
        let places = places();
        let text = format!("select device, at from seen where device in ({places})");
        let read = |row: &Row<'_>| Ok((DeviceRow(row.get(0)?), Timestamp::from_millis(row.get(1)?)));
        let mut all = Vec::new();
        for some in rows.chunks(TOGETHER) {
            let values = values(some);
            all.extend(self.0.read(|c| c.all(&text, &*values, read))?);
        }
        Ok(all)
    }

    /// Devices of a product whose serial number begins so, that an organisation made or owns. `limit` are looked at.
    pub async fn by_serial(
        &self,
        product: ProductRow,
        begin: &str,
        organisation: OrganisationRow,
        limit: u32,
    ) -> Result<Vec<DeviceRow>, Error> {
        let text = "select d.id from (select id, owner, maker from device
            where product = $1 and serial >= $2 and serial < $3 order by serial limit $4) d
            where d.owner = $5 or d.maker = $5";
        // no text that begins so comes after it
        let end = format!("{begin}{}", char::MAX);
        self.0.read(|c| c.all(text, (product.0, begin, &end, limit, organisation.0), row))
    }

    /// The releases that devices of an organisation run, as its counts tell; one may come several times.
    pub async fn ran(&self, organisation: OrganisationRow) -> Result<Vec<Ran>, Error> {
        let text = "select r.id, r.uid, r.product, r.version, r.security_version,
            (select max(n.security_version) from release n where n.product = r.product)
            from tally t join release r on r.id = t.release
            where t.organisation = $1 and t.release > 0 and t.devices > 0 limit $2";
        let read = |row: &Row<'_>| {
            Ok(Ran {
                release: ReleaseRow(row.get(0)?),
                uid: crate::engine::uuid(row, 1)?,
                product: ProductRow(row.get(2)?),
                version: row.get(3)?,
                security_version: row.get(4)?,
                highest: row.get(5)?,
            })
        };
        self.0.read(|c| c.all(text, (organisation.0, tally::MOST), read))
    }
}
