//! What the committer measures: sizes of batches, waits, syncs, refusals; and its part of a request's trace.
//!
//! Why here: one commit serves many requests, so neither side can tell alone how long each of them waited for what.
//! Invariant: measuring decides nothing, and without tracing a request costs a reading of the clock.

use crate::Store;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tegata_domain::change::Refused;
use tegata_domain::measure::{Counter, Distribution, Histogram, SIZES, TIMES};
use tracing::Span;

/// Commits that wait for a checkpoint and are followed there; of more only the first ones.
const FOLLOWED: usize = 256;

/// What the committer counts beside [`crate::Counts`].
pub(crate) struct Measure {
    changes: Histogram,
    wait: Histogram,
    sync: Histogram,
    transaction: Histogram,
    stale: Counter,
    exists: Counter,
    full: Counter,
    /// Refused: the token had ended.
    ended: Counter,
    turned_away: Counter,
    /// Requests of the transaction that runs, those that are traced.
    askers: Mutex<Vec<Span>>,
    /// Of traced requests: open until a checkpoint covers what was committed.
    uncovered: Mutex<Vec<Span>>,
}

/// A request on its way to the committer.
pub(crate) struct Waiting<T> {
    what: T,
    since: Instant,
    asker: Span,
    /// Ends when the committer takes it.
    _wait: Span,
}

impl<T> Waiting<T> {
    /// It comes to no transaction.
    pub(crate) fn given_up(self) -> T {
        self.what
    }
}

/// A transaction that runs.
pub(crate) struct Running {
    since: Instant,
    _commits: Vec<Span>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "a measurement for the metrics, not a time that anything is decided on")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

impl Measure {
    pub(crate) fn new() -> Self {
        Measure {
            changes: Histogram::new(SIZES),
            wait: Histogram::new(TIMES),
            sync: Histogram::new(TIMES),
            transaction: Histogram::new(TIMES),
            stale: Counter::new(),
            exists: Counter::new(),
            full: Counter::new(),
            ended: Counter::new(),
            turned_away: Counter::new(),
            askers: Mutex::default(),
            uncovered: Mutex::default(),
        }
    }

    /// A request goes to the committer.
    pub(crate) fn enter<T>(&self, what: T) -> Waiting<T> {
        let asker = Span::current();
        let wait = tracing::trace_span!(target: "tegata::trace", "wait for commit");
        Waiting { what, since: now(), asker, _wait: wait }
    }

    /// The committer takes it.
    pub(crate) fn take<T>(&self, waiting: Waiting<T>) -> T {
        self.wait.time(now().saturating_duration_since(waiting.since));
        if !waiting.asker.is_disabled() {
            locked(&self.askers).push(waiting.asker);
        }
        waiting.what
    }

    /// There is no room for it.
    pub(crate) fn turned_away(&self) {
        self.turned_away.one();
    }

    /// A transaction begins, for all that were taken.
    pub(crate) fn begin(&self) -> Running {
        let askers = locked(&self.askers);
        let commit = |asker: &Span| tracing::trace_span!(target: "tegata::trace", parent: asker, "commit");
        Running { since: now(), _commits: askers.iter().map(commit).collect() }
    }

    /// What came out for the changes of one request.
    pub(crate) fn outcomes(&self, outcomes: &[Result<(), Refused>]) {
        for outcome in outcomes {
            match outcome {
                Ok(()) => {}
                // who counts the last one found it changed meanwhile
                Err(Refused::Stale | Refused::Last) => self.stale.one(),
                Err(Refused::Exists) => self.exists.one(),
                Err(Refused::Full) => self.full.one(),
                Err(Refused::Ended) => self.ended.one(),
            }
        }
    }

    /// The commit came back, with all that was to be synced.
    pub(crate) fn synced(&self, since: Instant) {
        self.sync.time(now().saturating_duration_since(since));
    }

    /// It ends, with so many changes; `leaves` when it added to the ledger.
    pub(crate) fn end(&self, running: Running, changes: u64, leaves: bool) {
        self.changes.note(changes);
        self.transaction.time(now().saturating_duration_since(running.since));
        let askers = std::mem::take(&mut *locked(&self.askers));
        if leaves && !askers.is_empty() {
            let mut uncovered = locked(&self.uncovered);
            let room = FOLLOWED.saturating_sub(uncovered.len());
            let wait =
                |asker: &Span| tracing::trace_span!(target: "tegata::trace", parent: asker, "wait for checkpoint");
            uncovered.extend(askers.iter().take(room).map(wait));
        }
    }
}

/// A reading of what the committer measures.
pub struct Measured {
    /// Changes in a transaction.
    pub changes: Distribution,
    /// Nanoseconds that requests waited for their transaction to begin.
    pub wait: Distribution,
    /// Nanoseconds of commits, syncs included.
    pub sync: Distribution,
    /// Nanoseconds of whole transactions.
    pub transaction: Distribution,
    /// Changes refused since what they were decided on had changed.
    pub stale: u64,
    /// Changes refused since what they make was there.
    pub exists: u64,
    /// Changes refused since their batch had no room.
    pub full: u64,
    /// Refused: the token had ended.
    pub ended: u64,
    /// Requests for which the queue had no room.
    pub turned_away: u64,
    /// Requests that wait now.
    pub waiting: usize,
    /// How many may wait.
    pub room: usize,
    /// Idle connections of the read pool, which has as many as reads ran at once.
    pub readers: usize,
}

impl Store {
    /// What the committer measured since the start.
    pub fn measured(&self) -> Measured {
        let (m, (waiting, room)) = (self.0.committer.measure(), self.0.committer.queue());
        Measured {
            changes: m.changes.read(),
            wait: m.wait.read(),
            sync: m.sync.read(),
            transaction: m.transaction.read(),
            stale: m.stale.read(),
            exists: m.exists.read(),
            full: m.full.read(),
            ended: m.ended.read(),
            turned_away: m.turned_away.read(),
            waiting,
            room,
            readers: self.0.reads.idle(),
        }
    }

    /// Spans of what was committed and that no checkpoint covers yet: they end when the last copy goes.
    pub fn uncovered(&self) -> Vec<Span> {
        std::mem::take(&mut *locked(&self.0.committer.measure().uncovered))
    }
}
