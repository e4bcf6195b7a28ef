//! The agent's folder: its identity from the line, and its own state.
//!
//! | file | what |
//! |---|---|
//! | `key.pem`, `certificate.pem`, `chain.pem` | the identity from manufacture (IDevID); only read |
//! | `ldevid.pem` | operational key and certificates, one file, so that they always fit each other |
//! | `ldevid.next.pem` | the next pair, until it was used once |
//! | `token`, `head.json`, `number`, `keys` | session token, highest device head, management number, the log's keys |
//! | `installed.json` | version and security version that run |
//! | `update.json`, `image` | an update under way |
//! | `credential` | what the device says of its first password |
//! | `status.json` | what happened last, for people |
//! | `beat.now` | somebody asks for a heartbeat at once |
//! | `erasure.json` | an erasure under way, and its receipt |
//!
//! Invariant: a write is temporary file → sync → rename → sync of the folder, so that a cut at any point leaves the old
//! content or the new, never neither.

use crate::disk::Disk;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that a file of state may have.
const STATE_MAX: u64 = 1024 * 1024;

/// A file of the folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FolderError {
    /// Which file.
    pub path: PathBuf,
    /// What the system says.
    pub why: io::Error,
}

/// The folder.
#[derive(Clone)]
pub struct Folder {
    root: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Folder {
    /// On a disk.
    pub fn new(root: &Path, disk: Arc<dyn Disk>) -> Self {
        Folder { root: root.to_owned(), disk }
    }

    /// The disk below.
    pub fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Where the folder is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of it is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn named(&self, name: &str) -> impl FnOnce(io::Error) -> FolderError + use<> {
        let path = self.path(name);
        move |why| FolderError { path, why }
    }

    /// A file's content, or `None` where there is none.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        self.disk.read(&self.path(name), STATE_MAX).map_err(self.named(name))
    }

    /// A file's text without white space around it, or `None` where there is none or it is no text.
    pub fn text(&self, name: &str) -> Result<Option<String>, FolderError> {
        let bytes = self.read(name)?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| text.trim().to_owned()))
    }

    /// A file's JSON. A file that is not what it should be is an error: who reads decides what that means.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, FolderError> {
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        let parsed = serde_json::from_slice(&bytes).map_err(io::Error::other);
        parsed.map(Some).map_err(self.named(name))
    }

    /// Puts new content in place of the old, durable when this returns.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let (path, next) = (self.path(name), self.path(&format!("{name}.new")));
        let steps = || {
            self.disk.write(&next, bytes)?;
            self.disk.sync(&next)?;
            self.disk.rename(&next, &path)?;
            self.disk.sync_folder(&self.root)
        };
        steps().map_err(self.named(name))
    }

    /// Puts new JSON in place of the old.
    pub fn save_json(&self, name: &str, value: &impl Serialize) -> Result<(), FolderError> {
        let bytes = serde_json::to_vec(value).map_err(io::Error::other).map_err(self.named(name))?;
        self.save(name, &bytes)
    }

    /// Gives a file another name, in place of what has it; durable when this returns.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FolderError> {
        let renamed = self.disk.rename(&self.path(from), &self.path(to));
        renamed.and_then(|()| self.disk.sync_folder(&self.root)).map_err(self.named(from))
    }

    /// Removes a file and what a cut write of it left; durable when this returns.
    pub fn remove(&self, name: &str) -> Result<(), FolderError> {
        let steps = || {
            self.disk.remove(&self.path(name))?;
            self.disk.remove(&self.path(&format!("{name}.new")))?;
            self.disk.sync_folder(&self.root)
        };
        steps().map_err(self.named(name))
    }

    /// Overwrites a file with zeros, then removes it. On flash the old blocks may live on below the file system;
    /// keys are useless after the erasure since the platform revokes their certificates.
    pub fn destroy(&self, name: &str) -> Result<(), FolderError> {
        for name in [name.to_owned(), format!("{name}.new")] {
            destroy(&*self.disk, &self.path(&name)).map_err(self.named(&name))?;
        }
        self.disk.sync_folder(&self.root).map_err(self.named(name))
    }
}

/// Overwrites a file with zeros and removes it; it is no error when there is none.
pub fn destroy(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if disk.length(path)?.is_none() {
        return Ok(());
    }
    disk.overwrite(path)?;
    disk.sync(path)?;
    disk.remove(path)
}
