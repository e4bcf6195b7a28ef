//! Who does, among nodes on one database, what only one may do. Time is the database's.
//!
//! Why a time and not a lock of a connection: a process that is held keeps its connection, and with it the lock.
//! Invariant: a lease says who tries; that a log is never forked rests on compare and swap (`ledger.rs`). A node that asks
//! for it and commits nothing for [`LEADS`] reads nothing either.

use crate::engine::Pool;
use crate::{Error, ErrorKind, Store, migrate};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

/// How long a lease holds; a node that dies is followed after that at the latest.
const HOLDS: Duration = Duration::from_secs(3);

/// How long a commit that passed shows that no other database took over meanwhile. Less than a primary that is cut off
/// is waited for (Patroni's `ttl` less its `loop_wait`, 20 s when nothing is said), so that nothing can have been
/// committed elsewhere before this one is believed no more.
const LEADS: Duration = Duration::from_secs(10);

/// The lease of the background work: sequencer and all other jobs.
const NAME: &str = "jobs";

/// What a node knows of the lease.
#[derive(Default)]
pub(crate) struct Lease {
    /// Until when it may take itself for the holder, in milliseconds since boot.
    until: AtomicI64,
    /// A connection of its own, where there are other nodes: behind the committer's queue a lease would be lost just when
    /// there is most to do.
    pool: Option<Pool>,
}

impl Lease {
    pub(crate) fn over(pool: Pool) -> Self {
        Lease { pool: Some(pool), ..Lease::default() }
    }
}

/// The lease of the background work.
pub struct Leases<'a>(&'a Store);

impl Store {
    /// The lease of the background work.
    pub fn lease(&self) -> Leases<'_> {
        Leases(self)
    }
}

impl Leases<'_> {
    /// Whether this node does the background work at present.
    pub fn holds(&self) -> bool {
        !self.0.is_shared() || crate::version::since_boot() < self.0.0.lease.until.load(SeqCst)
    }

    /// Takes the lease, or holds it for longer; false while another node has it. To be called about every second: what
    /// this commits, be it the lock of a row, is what shows that the database is not cut off.
    pub async fn hold(&self) -> Result<bool, Error> {
        let Some((node, pool)) = self.shared() else { return Ok(true) };
        // before the database looks at its clock: this node lets go first
        let asked = crate::version::since_boot();
        self.0.0.committer.bells().versions.asks(asked, LEADS);
        let text = "insert into lease (name, holder, until)
            values ($1, $2, cast(extract(epoch from clock_timestamp()) * 1000 as bigint) + $3)
            on conflict (name) do update set holder = excluded.holder, until = excluded.until
            where lease.holder = excluded.holder
            or lease.until < cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        let span = HOLDS.as_millis() as i64;
        let versions = &self.0.0.committer.bells().versions;
        let held = pool.with(|c| {
            migrate::served(c)?;
            Ok(c.execute(text, (NAME, node, span))? == 1)
        });
        match &held {
            Ok(_) => versions.led(asked, LEADS),
            // nor is read what this program does not know
            Err(error) if error.kind == ErrorKind::Version => versions.lost(),
            Err(_) => {}
        }
        let held = held?;
        self.0.0.lease.until.store(if held { asked + span } else { 0 }, SeqCst);
        Ok(held)
    }

    /// Lets another node take over at once.
    pub async fn release(&self) -> Result<(), Error> {
        let Some((node, pool)) = self.shared() else { return Ok(()) };
        self.0.0.lease.until.store(0, SeqCst);
        self.0.0.committer.bells().versions.unasked();
        let text = "delete from lease where name = $1 and holder = $2";
        pool.with(|c| c.execute(text, (NAME, node)).map(drop))
    }

    fn shared(&self) -> Option<(&str, &Pool)> {
        self.0.0.committer.node().zip(self.0.0.lease.pool.as_ref())
    }
}
