//! The store: SQL, the group committer, objects.
//!
//! Why here: one concrete [`Store`] that all use cases share. It decides nothing: each write carries its guard, and a
//! guard that does not hold comes back as [`Refused`].
//! Invariant: all writes pass one committer, and what it acknowledges is on disk, with its events and their leaves.

mod account;
mod action;
mod apply;
pub mod archive;
mod audit;
mod authority;
mod batch;
mod bulk;
mod campaign;
pub mod carry;
mod certificate;
mod challenge;
mod committer;
mod compact;
mod counter;
mod credential;
mod crl;
mod device;
mod disposal;
mod engine;
mod erasure;
mod error;
mod event;
mod fanout;
mod filter;
mod find;
mod finding;
pub mod increment;
mod initial_password;
mod invitation;
mod leaf;
mod lease;
mod ledger;
mod login;
mod made;
mod measure;
mod membership;
mod migrate;
mod moved;
mod notice;
pub mod object;
mod organisation;
mod packed;
mod passkey;
mod period;
mod person;
#[cfg(test)]
mod plan;
mod product;
mod publication;
mod pulse;
mod release;
mod report;
mod right;
mod scan;
mod secret;
mod seen;
pub mod session;
pub mod snapshot;
pub mod station;
mod tally;
mod target_token;
mod token;
mod transfer;
pub mod version;
mod watch;

pub use account::Accounts;
pub use action::{Actions, Live, Visible};
pub use audit::Audit;
pub use authority::Authorities;
pub use batch::{Batches, Made};
pub use bulk::Bulks;
pub use campaign::{Campaigns, Chosen};
pub use certificate::Certificates;
pub use challenge::Challenges;
pub use committer::Counts;
pub use counter::Row;
pub use credential::Credentials;
pub use crl::{Crls, RevokedCertificate, ShardDue};
pub use device::{Devices, Listed, Page};
pub use disposal::Disposals;
pub use erasure::{Ended, Erasures, Held, Standing, TOMBSTONES};
pub use error::{Error, ErrorKind};
pub use event::Events;
pub use filter::Filters;
pub use find::{Finds, Looked, Ran};
pub use finding::Findings;
pub use initial_password::InitialPasswords;
pub use invitation::Invitations;
pub use leaf::Contents;
pub use lease::Leases;
pub use ledger::{Ledgers, Progress};
pub use login::Logins;
pub use measure::Measured;
pub use membership::Memberships;
pub use organisation::Organisations;
pub use passkey::Passkeys;
pub use period::Periods;
pub use product::Products;
pub use pulse::Pulses;
pub use release::{Releases, Updating};
pub use report::Reports;
pub use scan::Scans;
pub use secret::Secrets;
pub use seen::Seen;
pub use session::Sessions;
pub use tally::{Tallies, Wrong};
pub use target_token::TargetTokens;
pub use token::Tokens;
pub use transfer::Transfers;
pub use watch::{Watch, Watched};

use committer::Committer;
use engine::postgres::Driver;
use engine::{Connection, Pool, Readers, Reads, Writer, sqlite};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::change::{Change, Refused};
use tegata_domain::permit::Permit;
use tegata_domain::time::Timestamp;

pub use engine::postgres::{Database, STORE_FILE};

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A folder that holds no store yet.
    Create,
    /// A folder that `init` made.
    Existing,
    /// The same, as it is at the first read, while another process may be writing: nothing can be written.
    Reading,
}

/// The store of one data folder.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    // in this order they end: the listener, then the committer with what it took
    _listener: Option<fanout::Listener>,
    committer: Committer,
    reads: Arc<Reads>,
    counters: counter::Counters,
    lease: lease::Lease,
    presses: packed::Presses,
    folder: PathBuf,
    /// Held for as long as the store is open: one writing process per data folder.
    _lock: Option<File>,
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
        let path = folder.join("tegata.db");
        let (lock, writer, readers) = if mode == Mode::Reading {
            (None, sqlite::open_to_read(&path)?, Readers::pinned(path))
        } else {
            let lock = sqlite::lock(folder)?;
            let writer = sqlite::open_writer(&path, mode)?;
            migrate::sqlite(&writer, mode)?;
            compact::if_due(&writer)?;
            (Some(lock), writer, Readers::new(path))
        };
        let reads = Arc::new(Reads::Sqlite(readers));
        let committer = Committer::start(Writer::Sqlite(writer), Arc::clone(&reads), None)?;
        Ok(Self::of(folder, (committer, lease::Lease::default()), reads, (None, lock)))
    }

    /// Opens the store that a PostgreSQL holds, for the node of a data folder. `node` is a name that no other node has.
    pub fn connect(folder: &Path, database: &Database, mode: Mode, node: String) -> Result<Self, Error> {
        let driver = Arc::new(Driver::new(database)?);
        let lock = if mode == Mode::Reading { None } else { Some(sqlite::lock(folder)?) };
        let mut writer = Writer::postgres(Arc::clone(&driver));
        migrate::postgres(writer.begin()?, mode)?;
        writer.present()?.run("commit")?;
        if mode != Mode::Reading {
            compact::if_due(writer.connection()?)?;
        } else {
            writer = Writer::None;
        }
        let lease = lease::Lease::over(Pool::new(Arc::clone(&driver), 1, database.wait).writing());
        let pool = Pool::new(Arc::clone(&driver), database.connections, database.wait);
        let pool = if mode == Mode::Reading { pool.pinned() } else { pool };
        let reads = Arc::new(Reads::Postgres(pool));
        let committer = Committer::start(writer, Arc::clone(&reads), Some(node.clone()))?;
        let listener = match mode {
            Mode::Reading => None,
            _ => Some(fanout::Listener::start(driver, Arc::clone(committer.bells()), node)?),
        };
        Ok(Self::of(folder, (committer, lease), reads, (listener, lock)))
    }

    fn of(
        folder: &Path,
        (committer, lease): (Committer, lease::Lease),
        reads: Arc<Reads>,
        (listener, lock): (Option<fanout::Listener>, Option<File>),
    ) -> Self {
        let counters = counter::Counters::default();
        let (folder, presses) = (folder.to_owned(), packed::Presses::default());
        Store(Arc::new(Inner { _listener: listener, committer, reads, counters, lease, presses, folder, _lock: lock }))
    }

    /// Whether other processes may write to the same store.
    pub fn is_shared(&self) -> bool {
        self.0.committer.node().is_some()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Saves one change: durable and with its place in the ledger, or not at all. `now` is the audit's time. The token
    /// under the permit is judged once more in the same transaction; a change of no writes does that alone.
    pub async fn save(&self, change: Change, permit: &Permit, now: Timestamp) -> Result<(), SaveError> {
        let mut outcomes = self.save_all(vec![change], permit, now).await?;
        Ok(outcomes.pop().unwrap_or(Ok(()))?)
    }

    /// Saves many changes in one transaction; each stands or falls alone.
    pub async fn save_all(
        &self,
        mut changes: Vec<Change>,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<Vec<Result<(), Refused>>, Error> {
        self.pack(&mut changes)?;
        self.0.committer.commit(changes, committer::Signed::of(permit, now)).await
    }

    /// Woken after every commit with leaves, which then wait for a checkpoint.
    pub fn queued(&self) -> &tokio::sync::Notify {
        &self.0.committer.bells().queued
    }

    /// Woken after every commit that revoked a certificate.
    pub fn revoked(&self) -> &tokio::sync::Notify {
        &self.0.committer.bells().revoked
    }

    /// Woken after every commit that moved a campaign or an action.
    pub fn moved(&self) -> &tokio::sync::Notify {
        &self.0.committer.bells().moved
    }

    /// Woken after every commit that entered a notice.
    pub fn noticed(&self) -> &tokio::sync::Notify {
        &self.0.committer.bells().noticed
    }

    /// The version of a thing now. What is read after this holds for as long as the version stays.
    /// `None` while this node may not have heard what others wrote.
    pub fn version(&self, thing: version::Thing) -> Option<u32> {
        self.0.committer.version(thing)
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
        self.read(|c| c.only("select 1", engine::NONE, |_| Ok(())))
    }

    fn read<T>(&self, f: impl FnMut(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        if !self.0.committer.bells().versions.leads() {
            let text = "the database has committed nothing for a while; another one may have taken over";
            return Err(Error::new(ErrorKind::Away, text));
        }
        self.0.reads.with(f)
    }
}
