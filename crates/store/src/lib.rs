//! The store: SQL, the group committer, objects.
//!
//! Why here: one concrete [`Store`] that all use cases share. It decides nothing: each write carries its guard, and a
//! guard that does not hold comes back as [`Refused`].
//! Invariant: all writes pass one committer, and what it acknowledges is on disk, with its events and their leaves.

mod account;
mod apply;
mod audit;
mod authority;
mod batch;
mod certificate;
mod committer;
mod counter;
mod crl;
mod device;
mod engine;
mod error;
mod event;
mod finding;
mod leaf;
mod ledger;
mod migrate;
pub mod object;
mod organisation;
mod product;
mod secret;

pub use account::Tokens;
pub use audit::Audit;
pub use authority::Authorities;
pub use batch::Batches;
pub use certificate::Certificates;
pub use committer::Counts;
pub use counter::Row;
pub use crl::{Crls, RevokedCertificate, ShardDue};
pub use device::{Devices, Page};
pub use error::{Error, ErrorKind};
pub use event::Events;
pub use finding::Findings;
pub use leaf::Contents;
pub use ledger::{Ledgers, Progress};
pub use organisation::Organisations;
pub use product::Products;
pub use secret::Secrets;

use committer::Committer;
use engine::Readers;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::change::{Change, Refused};
use tegata_domain::permit::Permit;
use tegata_domain::time::Timestamp;

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A folder that holds no store yet.
    Create,
    /// A folder that `init` made.
    Existing,
}

/// The store of one data folder.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    readers: Arc<Readers>,
    committer: Committer,
    counters: counter::Counters,
    folder: PathBuf,
    /// Held for as long as the store is open: one process per data folder.
    _lock: File,
}

/// Why a change was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// A guard did not hold; nothing of the change was written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store could not write; nothing of the change was written.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Opens the store of a data folder.
    pub fn open(folder: &Path, mode: Mode) -> Result<Self, Error> {
        let lock = engine::lock(folder)?;
        let path = folder.join("tegata.db");
        let writer = engine::open_writer(&path, mode)?;
        migrate::run(&writer, mode)?;
        let readers = Arc::new(Readers::new(path));
        readers.with(|_| Ok(()))?;
        let committer = Committer::start(writer, Arc::clone(&readers))?;
        let counters = counter::Counters::default();
        Ok(Store(Arc::new(Inner { readers, committer, counters, folder: folder.to_owned(), _lock: lock })))
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Saves one change: durable and with its place in the ledger, or not at all. `now` is the audit's time.
    pub async fn save(&self, change: Change, permit: &Permit, now: Timestamp) -> Result<(), SaveError> {
        let mut outcomes = self.save_all(vec![change], permit, now).await?;
        Ok(outcomes.pop().unwrap_or(Ok(()))?)
    }

    /// Saves many changes in one transaction; each stands or falls alone.
    pub async fn save_all(
        &self,
        changes: Vec<Change>,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<Vec<Result<(), Refused>>, Error> {
        self.0.committer.commit(changes, committer::Signed::of(permit, now)).await
    }

    /// Woken after every commit with leaves, which then wait for a checkpoint.
    pub fn queued(&self) -> &tokio::sync::Notify {
        self.0.committer.queued()
    }

    /// Woken after every commit that revoked a certificate.
    pub fn revoked(&self) -> &tokio::sync::Notify {
        self.0.committer.revoked()
    }

    /// What the committer has done since the start.
    pub fn committed(&self) -> committer::Counts {
        self.0.committer.counts()
    }

    /// Free bytes on the disk of the data folder.
    pub fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&self.0.folder).ok()?;
        Some(stat.f_bavail * stat.f_frsize)
    }

    /// Whether the store answers a read.
    pub fn ping(&self) -> Result<(), Error> {
        self.read(|c| Ok(c.query_row("select 1", [], |_| Ok(()))?))
    }

    fn read<T>(&self, f: impl FnOnce(&rusqlite::Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.0.readers.with(f)
    }
}
