//! When the last backup of a data folder was taken: a line in the folder, for `tegata doctor`.
//!
//! Why here: nobody else remembers it. It is no part of the registry: a restored folder has no backup yet.

use std::fs;
use std::path::Path;
use tegata_domain::time::Timestamp;

/// Its name in the data folder.
pub(super) const LAST_BACKUP: &str = "backup.last";

/// Writes it down, whole or not at all. The backup stands without it, so a failure is only told.
pub(super) fn write(folder: &Path, made_at: &str) {
    let (part, path) = (folder.join("backup.last.part"), folder.join(LAST_BACKUP));
    let written = fs::write(&part, format!("{made_at}\n")).and_then(|()| fs::rename(&part, &path));
    if let Err(error) = written {
        tracing::warn!(%error, file = %path.display(), "the time of the backup could not be noted");
    }
}

/// Reads it; `None` where there was no backup.
pub(super) fn read(folder: &Path) -> Option<Timestamp> {
    Timestamp::parse(fs::read_to_string(folder.join(LAST_BACKUP)).ok()?.trim())
}
