//! Certificates: SQL.

use crate::engine::{Connection, Row, Value, code, time};
use crate::{Error, Store};
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::id::{AuthorityRow, CertificateRow, DeviceRow};
use tegata_domain::revocation::Reason;
use tegata_domain::time::Timestamp;

const SELECT_BY_ROW: &str =
    "select id, random, device, authority, kind, period, der, not_after, revoked_at, reason, key
    from certificate where id = $1";

fn read(row: &Row<'_>) -> Result<Certificate, Error> {
    let revoked = row.get::<Option<i64>>(8)?.map(Timestamp::from_millis);
    Ok(Certificate {
        row: CertificateRow(row.get(0)?),
        random: row.get(1)?,
        device: DeviceRow(row.get(2)?),
        authority: AuthorityRow(row.get(3)?),
        kind: code(row, 4, &[CertificateKind::Idevid, CertificateKind::Ldevid])?,
        period: row.get(5)?,
        der: row.get(6)?,
        key: row.get(10)?,
        not_after: time(row, 7)?,
        revoked: match revoked {
            Some(at) => Some((at, Reason::from_code(row.get(9)?))),
            None => None,
        },
    })
}

/// Enters IDevIDs of devices that were entered just now: their keys stand there, and were judged.
pub(crate) fn insert_idevids<'c>(
    connection: &Connection,
    certificates: impl Iterator<Item = &'c Certificate>,
) -> Result<(), Error> {
    let text = "insert into certificate (id, random, device, authority, kind, period, der, not_after)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let row = |c: &'c Certificate| {
        [
            Value::Int(c.row.0),
            Value::Blob(&c.random),
            Value::Int(c.device.0),
            Value::Int(c.authority.0),
            Value::Int(c.kind as i64),
            Value::Int(c.period.into()),
            Value::Blob(&c.der),
            Value::Int(c.not_after.millis()),
        ]
    };
    connection.insert_all(text, certificates.map(row))?;
    Ok(())
}

/// False where its key is that of another device: of one that was made with it, or that uses it.
pub(crate) fn insert(connection: &Connection, c: &Certificate) -> Result<bool, Error> {
    let text = "insert into certificate (id, random, device, authority, kind, period, der, not_after, key)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9
        where not exists (select 1 from certificate where key = $9 and device <> $3)
        and not exists (select 1 from device where key = $9 and id <> $3)";
    let written = connection.execute(
        text,
        (c.row.0, c.random, c.device.0, c.authority.0, c.kind as u8, c.period, &c.der, c.not_after.millis(), c.key),
    )?;
    Ok(written == 1)
}

/// Reads of certificates.
pub struct Certificates<'a>(&'a Store);

impl Store {
    /// Reads of certificates.
    pub fn certificate(&self) -> Certificates<'_> {
        Certificates(self)
    }
}

impl Certificates<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: CertificateRow) -> Result<Option<Certificate>, Error> {
        let found = self.0.read(|c| c.one(SELECT_BY_ROW, [row.0], read))?;
        found.map(|certificate| self.0.unpack(certificate)).transpose()
    }

    /// The device that an operational certificate with this key was first issued to.
    pub async fn device_by_key(&self, key: &[u8; 16]) -> Result<Option<DeviceRow>, Error> {
        let text = "select device from certificate where key = $1 order by id limit 1";
        let read = |row: &Row<'_>| Ok(DeviceRow(row.get(0)?));
        self.0.read(|c| c.one(text, [key], read))
    }

    /// All of a device, oldest first.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Vec<Certificate>, Error> {
        let text = "select id, random, device, authority, kind, period, der, not_after, revoked_at, reason, key
            from certificate where device = $1 order by id";
        let all: Vec<Certificate> = self.0.read(|c| c.all(text, [device.0], read))?;
        all.into_iter().map(|certificate| self.0.unpack(certificate)).collect()
    }
}
