//! What is known of the last good backup: a file in the data folder, for whoever asks whether backups are made.
//!
//! Invariant: it names a backup that is whole and on disk; it is no part of any backup itself.

use super::*;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The last good backup of a data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// Its moment, RFC 3339.
    pub at: String,
    /// Its file.
    pub path: PathBuf,
    /// Size of that.
    pub bytes: u64,
    /// `full` or `incremental`.
    pub kind: String,
    /// How many devices it holds.
    pub devices: u64,
    /// How many events it holds.
    pub events: u64,
}

/// Writes it down, whole or not at all.
pub(super) fn note(folder: &Path, out: &Path, bytes: u64, manifest: &Manifest) -> Result<()> {
    let count = |table: &str| manifest.counts.get(table).copied().unwrap_or_default();
    let last = LastBackup {
        at: manifest.made_at.clone(),
        path: out.to_owned(),
        bytes,
        kind: manifest.kind().to_owned(),
        devices: count("device"),
        events: count("event"),
    };
    let text = serde_json::to_vec_pretty(&last).map_err(Error::internal)?;
    let (path, part) = (folder.join(LAST_BACKUP_FILE), folder.join("last-backup.part"));
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|e: std::io::Error| local(&format!("the backup is made, but {}", path.display()), e))
}

/// What a data folder knows of its last good backup; `None` where there was none, or the file cannot be read.
pub fn last_backup(folder: &Path) -> Option<LastBackup> {
    serde_json::from_slice(&fs::read(folder.join(LAST_BACKUP_FILE)).ok()?).ok()
}
