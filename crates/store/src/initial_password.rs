//! Whether initial passwords were changed: SQL over the table that the line fills.

use crate::engine::Connection;
use crate::{Error, Store};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

const INITIAL: u8 = 1;
const CHANGED: u8 = 2;

/// False where it stood so already. Salt and hash of the initial one stay: the device may go back to it.
pub(crate) fn note(c: &Connection, device: DeviceRow, changed: bool, at: Timestamp) -> Result<bool, Error> {
    let text = "insert into credential (device, state, changed_at) values ($1, $2, $3)
        on conflict (device) do update set state = $2, changed_at = $3 where credential.state <> $2";
    let state = if changed { CHANGED } else { INITIAL };
    Ok(c.execute(text, (device.0, state, at.millis()))? == 1)
}

/// Reads of what became of initial passwords.
pub struct InitialPasswords<'a>(&'a Store);

impl Store {
    /// What became of initial passwords.
    pub fn initial_password(&self) -> InitialPasswords<'_> {
        InitialPasswords(self)
    }
}

impl InitialPasswords<'_> {
    /// Whether that of a device was changed.
    pub async fn is_changed(&self, device: DeviceRow) -> Result<bool, Error> {
        let text = "select 1 from credential where device = $1 and state = $2";
        self.0.read(|c| Ok(c.one(text, (device.0, CHANGED), |_| Ok(()))?.is_some()))
    }
}
