//! Releases, their keys, what devices run and say of themselves: SQL.

use crate::engine::{Connection, Row, params, time, uuid};
use crate::{Error, Store};
use std::collections::BTreeMap;
use tegata_domain::id::{ActionRow, DeviceRow, OrganisationRow, ProductRow, ReleaseKeyRow, ReleaseRow, Uuid};
use tegata_domain::release::{AttributeSet, Consent, Release, ReleaseKey, Running};
use tegata_domain::time::Timestamp;

const COLUMNS: &str =
    "id, uid, product, organisation, version, security_version, remedy, file_name, size, sha256, sha1,
    md5, signature, key, created_at";

fn read(row: &Row<'_>) -> Result<Release, Error> {
    Ok(Release {
        row: ReleaseRow(row.get(0)?),
        uid: uuid(row, 1)?,
        product: ProductRow(row.get(2)?),
        organisation: OrganisationRow(row.get(3)?),
        version: row.get(4)?,
        security_version: row.get(5)?,
        remedy: row.get(6)?,
        file_name: row.get(7)?,
        size: row.get::<i64>(8)? as u64,
        sha256: row.get(9)?,
        sha1: row.get(10)?,
        md5: row.get(11)?,
        signature: row.get(12)?,
        key: row.get::<Option<[u8; 16]>>(13)?.map(Uuid::from_bytes),
        created_at: time(row, 14)?,
    })
}

/// False where the version exists already.
pub(crate) fn insert(c: &Connection, r: &Release) -> Result<bool, Error> {
    let text = format!(
        "insert into release ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict do nothing"
    );
    let written = c.execute(
        &text,
        params![
            r.row.0,
            r.uid.as_bytes(),
            r.product.0,
            r.organisation.0,
            r.version,
            r.security_version,
            r.remedy,
            r.file_name,
            r.size as i64,
            r.sha256,
            r.sha1,
            r.md5,
            r.signature,
            r.key.map(Uuid::into_bytes),
            r.created_at.millis(),
        ],
    )?;
    Ok(written == 1)
}

/// False where the key signs for the product already.
pub(crate) fn insert_key(c: &Connection, k: &ReleaseKey) -> Result<bool, Error> {
    crate::publication::alone(c, k.product)?;
    let text = "insert into release_key (id, uid, product, spki, created_at) values ($1, $2, $3, $4, $5)
        on conflict do nothing";
    let values = (k.row.0, k.uid.as_bytes(), k.product.0, &k.spki, k.created_at.millis());
    Ok(c.execute(text, values)? == 1)
}

/// False where it had ended.
pub(crate) fn end_key(c: &Connection, row: ReleaseKeyRow, at: Timestamp) -> Result<bool, Error> {
    let product = "select product from release_key where id = $1";
    if let Some(product) = c.one(product, [row.0], |row| row.get(0))? {
        crate::publication::alone(c, ProductRow(product))?;
    }
    let text = "update release_key set ended_at = $2 where id = $1 and ended_at is null";
    Ok(c.execute(text, (row.0, at.millis()))? == 1)
}

pub(crate) fn run(c: &Connection, r: &Running) -> Result<(), Error> {
    let text = "insert into running (device, version, release, at) values ($1, $2, $3, $4)
        on conflict (device) do update set version = $2, release = $3, at = $4";
    c.execute(text, (r.device.0, &r.version, r.release.map(|row| row.0), r.at.millis()))?;
    Ok(())
}

/// Enters attributes, and that none are wanted now.
pub(crate) fn describe(c: &Connection, device: DeviceRow, set: &AttributeSet) -> Result<(), Error> {
    if set.replace {
        c.execute("delete from attribute where device = $1", [device.0])?;
    }
    let put = "insert into attribute (device, name, value) values ($1, $2, $3)
        on conflict (device, name) do update set value = $3";
    for (name, value) in &set.values {
        match value {
            Some(value) => c.execute(put, (device.0, name, value))?,
            None => c.execute("delete from attribute where device = $1 and name = $2", (device.0, name))?,
        };
    }
    let text = "insert into updating (device, wanted) values ($1, 0) on conflict (device) do update set wanted = 0";
    c.execute(text, [device.0])?;
    Ok(())
}

/// What is known of a device on its way to releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updating {
    /// Its attributes are wanted.
    pub wanted: bool,
    /// The action that it installed last.
    pub installed: Option<ActionRow>,
    /// Its standing consent.
    pub consent: Option<Consent>,
}

/// Reads of releases.
pub struct Releases<'a>(&'a Store);

impl Store {
    /// Reads of releases.
    pub fn release(&self) -> Releases<'_> {
        Releases(self)
    }
}

impl Releases<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: ReleaseRow) -> Result<Option<Release>, Error> {
        let text = format!("select {COLUMNS} from release where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Release>, Error> {
        let text = format!("select {COLUMNS} from release where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// All after `after`, at most `limit`.
    pub async fn all(&self, after: i64, limit: u32) -> Result<Vec<Release>, Error> {
        let text = format!("select {COLUMNS} from release where id > $1 order by id limit $2");
        self.0.read(|c| c.all(&text, (after, limit), read))
    }

    /// One, by product and version.
    pub async fn by_version(&self, product: ProductRow, version: &str) -> Result<Option<Release>, Error> {
        let text = format!("select {COLUMNS} from release where product = $1 and version = $2");
        self.0.read(|c| c.one(&text, (product.0, version), read))
    }

    /// Those of a maker after `after`, at most `limit`.
    pub async fn page(&self, maker: OrganisationRow, after: i64, limit: u32) -> Result<Vec<Release>, Error> {
        let text = format!("select {COLUMNS} from release where organisation = $1 and id > $2 order by id limit $3");
        let values = (maker.0, after, limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// Those of a product after `after`, at most `limit`.
    pub async fn page_of(&self, product: ProductRow, after: i64, limit: u32) -> Result<Vec<Release>, Error> {
        let text = format!("select {COLUMNS} from release where product = $1 and id > $2 order by id limit $3");
        let values = (product.0, after, limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// The highest security version that a product's releases have.
    pub async fn security_version(&self, product: ProductRow) -> Result<Option<u32>, Error> {
        let text = "select security_version from release where product = $1 order by security_version desc limit 1";
        self.0.read(|c| c.one(text, [product.0], |row| row.get(0)))
    }

    /// The version of a product's release whose security version is above this one, the highest of them.
    pub async fn newer(&self, product: ProductRow, security_version: u32) -> Result<Option<String>, Error> {
        let text = "select version from release where product = $1 and security_version > $2
            order by security_version desc, id desc limit 1";
        self.0.read(|c| c.one(text, (product.0, security_version), |row| row.get(0)))
    }

    /// Whether an organisation owns a device of a product that another made.
    pub async fn is_owned_by(&self, product: ProductRow, owner: OrganisationRow) -> Result<bool, Error> {
        let text = "select 1 from device where owner = $1 and product = $2 and owner <> maker limit 1";
        self.0.read(|c| Ok(c.one(text, (owner.0, product.0), |_| Ok(()))?.is_some()))
    }

    /// The keys of a product, ended ones too, after `after`, at most `limit`.
    pub async fn keys(&self, product: ProductRow, after: i64, limit: u32) -> Result<Vec<ReleaseKey>, Error> {
        let text = "select id, uid, product, spki, created_at, ended_at from release_key
            where product = $1 and id > $2 order by id limit $3";
        let values = (product.0, after, limit);
        self.0.read(|c| c.all(text, values, read_key))
    }

    /// A key, by its outward id.
    pub async fn key_by_uid(&self, uid: Uuid) -> Result<Option<ReleaseKey>, Error> {
        let text = "select id, uid, product, spki, created_at, ended_at from release_key where uid = $1";
        self.0.read(|c| c.one(text, [uid.as_bytes()], read_key))
    }

    /// What a device runs.
    pub async fn running(&self, device: DeviceRow) -> Result<Option<Running>, Error> {
        let text = "select version, release, at from running where device = $1";
        let read = |row: &Row<'_>| {
            let release = row.get::<Option<i64>>(1)?.map(ReleaseRow);
            Ok(Running { device, version: row.get(0)?, release, at: time(row, 2)? })
        };
        self.0.read(|c| c.one(text, [device.0], read))
    }

    /// What a device says of itself.
    pub async fn attributes(&self, device: DeviceRow) -> Result<BTreeMap<String, String>, Error> {
        let text = "select name, value from attribute where device = $1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(self.0.read(|c| c.all(text, [device.0], read))?.into_iter().collect())
    }

    /// What is known of a device on its way to releases.
    pub async fn updating(&self, device: DeviceRow) -> Result<Option<Updating>, Error> {
        let text = "select wanted, installed, consent_at, initiator, remark from updating where device = $1";
        let read = |row: &Row<'_>| {
            let consent = row.get::<Option<i64>>(2)?.map(Timestamp::from_millis);
            Ok(Updating {
                wanted: row.get(0)?,
                installed: row.get::<Option<i64>>(1)?.map(ActionRow),
                consent: match consent {
                    Some(at) => Some(Consent { at, initiator: row.get(3)?, remark: row.get(4)? }),
                    None => None,
                },
            })
        };
        self.0.read(|c| c.one(text, [device.0], read))
    }
}

fn read_key(row: &Row<'_>) -> Result<ReleaseKey, Error> {
    Ok(ReleaseKey {
        row: ReleaseKeyRow(row.get(0)?),
        uid: uuid(row, 1)?,
        product: ProductRow(row.get(2)?),
        spki: row.get(3)?,
        created_at: time(row, 4)?,
        ended_at: row.get::<Option<i64>>(5)?.map(Timestamp::from_millis),
    })
}

/// Enters a standing consent, or takes it back.
pub(crate) fn consent(c: &Connection, device: DeviceRow, consent: Option<&Consent>) -> Result<(), Error> {
    let text = "insert into updating (device, wanted, consent_at, initiator, remark) values ($1, 1, $2, $3, $4)
        on conflict (device) do update set consent_at = $2, initiator = $3, remark = $4";
    let at = consent.map(|consent| consent.at.millis());
    let [initiator, remark] = match consent {
        Some(consent) => [consent.initiator.as_deref(), consent.remark.as_deref()],
        None => [None, None],
    };
    c.execute(text, (device.0, at, initiator, remark))?;
    Ok(())
}
