//! The platform itself: set up once, opened at every start.

mod archive;
mod backup;
mod chain;
mod check;
mod examine;
mod init;
mod last;
mod manifest;
mod objects;
mod open;
mod owner;
mod place;
mod restore;
mod verify;
mod watch;

pub use backup::{BackupOrder, BackupTaken, backup};
pub use check::{Ready, ready};
pub use examine::{SERVER_SOON, ending, examine, rights};
pub use init::{Initialised, NewPlatform, init};
pub use last::{LastBackup, last_backup};
pub use manifest::{Link, LogState, Manifest};
pub use objects::probe_objects;
pub use open::{Opening, https_identity, open, open_to_read};
pub use place::{Access, Place, relocate};
pub use restore::{Faded, RestoreOrder, Restored, restore};
pub use verify::{FadingState, Verified, VerifiedFile, VerifyOrder, verify};
pub use watch::{Overview, ends, watch};

pub use tegata_store::Database;

use crate::error::{Error, Kind};

/// Name of the unlock file inside the data folder, unless it lies elsewhere.
pub const UNLOCK_FILE: &str = "unlock";
/// Letters that nobody carried on yet, where there is no mail server.
pub const OUTBOX: &str = "outbox";
/// What is known of the last good backup, inside the data folder.
pub const LAST_BACKUP_FILE: &str = "last-backup.json";
/// Name of the root's sealed key inside the data folder.
pub const ROOT_KEY_FILE: &str = "keys/root.key";
/// Name of the platform's HTTPS authority inside the data folder.
pub const HTTPS_CA_FILE: &str = "https-ca.pem";
/// Name of the platform's device root inside the data folder.
pub const ROOT_FILE: &str = "root.pem";

pub(crate) const NUMBER_KEY: &str = "number";
pub(crate) const SERIAL_KEY: &str = "serial";
pub(crate) const CURSOR_KEY: &str = "cursor";
pub(crate) const SESSION_KEY: &str = "session";
pub(crate) const HTTPS_KEY: &str = "https";
pub(crate) const FACTS_KEY: &str = "ledger-facts";
pub(crate) const DEVICES_KEY: &str = "ledger-devices";

/// Name of the file that keeps what was erased, beside backups.
pub use tegata_store::TOMBSTONES as TOMBSTONES_FILE;
/// Name of the fixed value that tells restored logs from those before them.
pub(crate) const GENERATION: &str = "generation";

/// Hears how far a long work is: what is done, how much of it, of how much.
pub type Tell<'a> = &'a dyn Fn(&'static str, u64, u64);

fn stored(e: tegata_store::Error) -> Error {
    let code = match e.kind {
        tegata_store::ErrorKind::DiskFull => return e.into(),
        tegata_store::ErrorKind::InUse => "in_use",
        _ => "store",
    };
    Error::new(Kind::Unavailable, code, e.to_string())
}

fn local(what: &str, e: impl std::fmt::Display) -> Error {
    Error::new(Kind::Unavailable, "local", format!("{what}: {e}"))
}

/// PEM (RFC 7468) of a certificate.
pub fn pem(der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        out += &String::from_utf8_lossy(line);
        out.push('\n');
    }
    out + "-----END CERTIFICATE-----\n"
}

/// DER of the first certificate in a PEM text.
pub fn from_pem(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let plain: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(plain).ok()
}
