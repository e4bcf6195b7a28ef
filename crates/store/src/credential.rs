//! Initial passwords, as far as the platform knows them: SQL.

use crate::engine::{Connection, Row, code, time};
use crate::{Error, Store};
use tegata_domain::credential::{Credential, CredentialState, Digest};
use tegata_domain::id::DeviceRow;

/// False where the device has one. What a device said of its password before stays.
pub(crate) fn insert(c: &Connection, value: &Credential) -> Result<bool, Error> {
    let text = "insert into credential (device, state, salt, hash, changed_at) values ($1, $2, $3, $4, $5)
        on conflict (device) do update set salt = $3, hash = $4 where credential.salt is null";
    let (salt, hash) = value.initial.map(|digest| (digest.salt, digest.hash)).unzip();
    let values = (value.device.0, value.state as u8, salt, hash, value.changed_at.millis());
    Ok(c.execute(text, values)? == 1)
}

fn read(row: &Row<'_>) -> Result<Credential, Error> {
    let (salt, hash): (Option<[u8; 16]>, Option<[u8; 32]>) = (row.get(2)?, row.get(3)?);
    Ok(Credential {
        device: DeviceRow(row.get(0)?),
        state: code(row, 1, &CredentialState::ALL)?,
        initial: salt.zip(hash).map(|(salt, hash)| Digest { salt, hash }),
        changed_at: time(row, 4)?,
    })
}

/// Reads of initial passwords.
pub struct Credentials<'a>(&'a Store);

impl Store {
    /// Reads of initial passwords.
    pub fn credential(&self) -> Credentials<'_> {
        Credentials(self)
    }
}

impl Credentials<'_> {
    /// That of a device.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Option<Credential>, Error> {
        let text = "select device, state, salt, hash, changed_at from credential where device = $1";
        self.0.read(|c| c.one(text, [device.0], read))
    }
}
