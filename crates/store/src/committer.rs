//! The group committer: one thread that puts all waiting changes into one transaction, with one sync.
//!
//! A request alone does not wait for others; while a sync runs, those that arrive gather for the next.
//! Invariant: an answer is sent after the commit of its transaction, and one refused change undoes nothing of others.

use crate::apply;
use crate::engine::Readers;
use crate::error::{Error, ErrorKind};
use crate::leaf::{Fresh, Placing};
use crate::version::{Thing, Versions};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use tegata_domain::audit::AuditEntry;
use tegata_domain::change::{Change, Refused};
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::Log;
use tegata_domain::permit::Permit;
use tegata_domain::time::Timestamp;
use tokio::sync::{Notify, oneshot};

/// How many requests may wait for a transaction.
const WAITING: usize = 1024;
/// How many changes go into one transaction, at least one request.
const TOGETHER: usize = 4096;

type Outcomes = Vec<Result<(), Refused>>;
type Task = Box<dyn FnOnce(&Connection) -> Result<(), Error> + Send>;

/// Who signs a change: what the audit keeps of a permit.
pub(crate) struct Signed {
    entry: Option<AuditEntry>,
}

impl Signed {
    pub(crate) fn of(permit: &Permit, at: Timestamp) -> Self {
        let operation = permit.operation();
        let entry = operation.is_audited().then(|| AuditEntry {
            at,
            organisation: permit.organisation(),
            actor: permit.actor().to_owned(),
            operation: operation.name(),
            subject: String::new(),
        });
        Signed { entry }
    }
}

enum Request {
    Changes(Vec<Change>, Signed, oneshot::Sender<Result<Outcomes, Error>>),
    Task(Task, oneshot::Sender<Result<(), Error>>),
    /// Outside of any transaction.
    Compact(oneshot::Sender<Result<bool, Error>>),
}

/// What the committer has done since the start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Transactions.
    pub transactions: u64,
    /// Changes in them.
    pub changes: u64,
    /// Changes refused by a guard.
    pub refused: u64,
    /// Transactions that failed as a whole.
    pub failed: u64,
    /// Microseconds in commits, syncs included.
    pub commit_micros: u64,
}

struct Shared {
    readers: Arc<Readers>,
    fresh: Fresh,
    queued: Notify,
    revoked: Notify,
    moved: Notify,
    noticed: Notify,
    versions: Versions,
    transactions: AtomicU64,
    changes: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    commit_micros: AtomicU64,
}

impl Shared {
    fn new(readers: Arc<Readers>, leaves: &Placing) -> Self {
        Shared {
            readers,
            fresh: Fresh::new(leaves),
            queued: Notify::new(),
            revoked: Notify::new(),
            moved: Notify::new(),
            noticed: Notify::new(),
            versions: Versions::new(leaves.next(Log::Devices)),
            transactions: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            commit_micros: AtomicU64::new(0),
        }
    }
}

/// The thread, seen from outside.
pub(crate) struct Committer {
    /// Gone once the committer is to end.
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl Drop for Committer {
    /// What was taken is committed and the log of the engine folded into the database before this returns.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer's thread panicked");
        }
    }
}

impl Committer {
    pub(crate) fn start(connection: Connection, readers: Arc<Readers>) -> Result<Self, Error> {
        let (requests, inbox) = bounded(WAITING);
        let leaves = Placing::read(&connection)?;
        let shared = Arc::new(Shared::new(readers, &leaves));
        let theirs = Arc::clone(&shared);
        let work = move || run(&connection, leaves, &inbox, &theirs);
        let thread = Some(std::thread::Builder::new().name("committer".into()).spawn(work)?);
        Ok(Committer { requests: Some(requests), thread, shared })
    }

    pub(crate) async fn commit(&self, changes: Vec<Change>, signed: Signed) -> Result<Outcomes, Error> {
        self.send(|reply| Request::Changes(changes, signed, reply)).await
    }

    /// Runs `f` inside the next transaction.
    pub(crate) async fn task<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (out, value) = oneshot::channel();
        let task: Task = Box::new(move |connection| {
            let result = f(connection)?;
            let _gone = out.send(result);
            Ok(())
        });
        self.send(|reply| Request::Task(task, reply)).await?;
        value.await.map_err(|_| Error::new(ErrorKind::Broken, "the committer gave no answer"))
    }

    /// Folds the write-ahead log and writes the database anew; false when that was not possible.
    pub(crate) async fn compact(&self) -> Result<bool, Error> {
        self.send(Request::Compact).await
    }

    async fn send<T>(&self, request: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Request) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let stopped = || Error::new(ErrorKind::Broken, "the committer has stopped");
        let requests = self.requests.as_ref().ok_or_else(stopped)?;
        requests.try_send(request(reply)).map_err(|e| match e {
            TrySendError::Full(_) => Error::new(ErrorKind::Overloaded, "too many writes are waiting"),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.map_err(|_| stopped())?
    }

    pub(crate) fn queued(&self) -> &Notify {
        &self.shared.queued
    }

    pub(crate) fn fresh(&self) -> &Fresh {
        &self.shared.fresh
    }

    pub(crate) fn moved(&self) -> &Notify {
        &self.shared.moved
    }

    pub(crate) fn revoked(&self) -> &Notify {
        &self.shared.revoked
    }

    pub(crate) fn noticed(&self) -> &Notify {
        &self.shared.noticed
    }

    pub(crate) fn version(&self, thing: Thing) -> u32 {
        self.shared.versions.of(thing)
    }

    /// Whether all events of a device, as it was read just now, stand in the log below `size`. False says perhaps not.
    pub(crate) fn all_below(&self, device: DeviceRow, size: u64) -> bool {
        self.shared.versions.all_below(device, size)
    }

    pub(crate) fn counts(&self) -> Counts {
        let s = &self.shared;
        Counts {
            transactions: s.transactions.load(Relaxed),
            changes: s.changes.load(Relaxed),
            refused: s.refused.load(Relaxed),
            failed: s.failed.load(Relaxed),
            commit_micros: s.commit_micros.load(Relaxed),
        }
    }
}

fn run(connection: &Connection, mut leaves: Placing, inbox: &Receiver<Request>, shared: &Shared) {
    let mut compacting = None;
    while let Ok(first) = inbox.recv() {
        let (mut size, mut together) = (0, Vec::new());
        let mut next = Some(first);
        while let Some(request) = next {
            size += weight(&request);
            match request {
                Request::Compact(reply) => compacting = Some(reply),
                request => together.push(request),
            }
            next = if size < TOGETHER && compacting.is_none() { inbox.try_recv().ok() } else { None };
        }
        if !together.is_empty() {
            leaves = transaction(connection, together, leaves, shared);
        }
        if let Some(reply) = compacting.take() {
            let _gone = reply.send(compact(connection, &shared.readers));
        }
    }
    shared.readers.pause();
    if let Err(error) = connection.execute_batch("pragma wal_checkpoint(truncate)") {
        tracing::warn!(%error, "the write-ahead log stays beside the database; the next start takes it in");
    }
}

fn weight(request: &Request) -> usize {
    match request {
        Request::Changes(changes, ..) => changes.len(),
        Request::Task(..) | Request::Compact(_) => 1,
    }
}

/// The largest database that is written anew at once: all writes wait for it, some seconds a gigabyte.
const COMPACT_MAX: i64 = 2 << 30;

/// Deleted content is overwritten where it stood (secure_delete), but a page that was split before may keep a copy of
/// what moved, and the write-ahead log keeps older pages. Only a database that was written anew has neither.
fn compact(connection: &Connection, readers: &Readers) -> Result<bool, Error> {
    // a kept read would hold the log back
    readers.pause();
    let done = write_anew(connection);
    readers.go_on();
    done
}

fn write_anew(connection: &Connection) -> Result<bool, Error> {
    let fold = || connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0));
    let number = |text| connection.query_row(text, [], |row| row.get::<_, i64>(0));
    let folded = fold()? == 0;
    if number("pragma page_count")? * number("pragma page_size")? > COMPACT_MAX {
        connection.execute("insert or ignore into meta (name, value) values ('compact', 'due')", [])?;
        return Ok(false);
    }
    connection.execute_batch("vacuum; delete from meta where name = 'compact'")?;
    let whole = fold()? == 0 && folded;
    if !whole {
        connection.execute("insert or ignore into meta (name, value) values ('compact', 'due')", [])?;
    }
    Ok(whole)
}

/// Writes a database anew that was too large for that while it was in use. Where it cannot be done, the next start
/// tries again.
pub(crate) fn compact_if_due(connection: &Connection) -> Result<(), Error> {
    let due: i64 = connection.query_row("select count(*) from meta where name = 'compact'", [], |row| row.get(0))?;
    if due == 0 {
        return Ok(());
    }
    tracing::info!("writing the database anew, so that nothing of what was erased is left; this takes a while");
    let text = "vacuum; delete from meta where name = 'compact'; pragma wal_checkpoint(truncate)";
    if let Err(error) = connection.execute_batch(text) {
        tracing::warn!(%error, "the database was not written anew; it needs as much free disk as it has bytes");
    }
    Ok(())
}

/// An answer that is sent once the commit is on disk.
type Answer = Box<dyn FnOnce(Result<(), Error>)>;

/// One transaction, whose leaves get their places from `leaves` on; answers where the next one goes on.
fn transaction(connection: &Connection, requests: Vec<Request>, leaves: Placing, shared: &Shared) -> Placing {
    let next = leaves.clone();
    let mut state = apply::State::new(leaves);
    let mut answers: Vec<Answer> = Vec::with_capacity(requests.len());
    let mut outcome = connection.execute_batch("begin immediate").map_err(Error::from);
    for request in requests {
        if outcome.is_ok() {
            outcome = one(connection, request, &mut state, &mut answers, shared);
        } else {
            answers.push(unanswered(request));
        }
    }
    let outcome = outcome.and_then(|()| finish(connection, &state, shared));
    if let Err(error) = &outcome {
        shared.failed.fetch_add(1, Relaxed);
        tracing::error!(%error, waiting = answers.len(), "transaction failed; nothing of it was written");
        let _ended_by_itself = connection.execute_batch("rollback");
    } else {
        shared.transactions.fetch_add(1, Relaxed);
        // before anybody is told, and after reads see what was committed
        state.touched.iter().for_each(|thing| shared.versions.moved(*thing));
        shared.fresh.add(&state.leaves);
        if state.leaves.any() {
            shared.queued.notify_one();
        }
        if state.revoked {
            shared.revoked.notify_one();
        }
        if state.moved {
            shared.moved.notify_one();
        }
        if state.noticed {
            shared.noticed.notify_one();
        }
    }
    let next = if outcome.is_ok() { state.leaves.after() } else { read_again(connection, next, shared) };
    for answer in answers {
        answer(outcome.as_ref().copied().map_err(Error::repeat));
    }
    next
}

/// After a failure it is the store that knows which places are taken, even where a commit failed late.
fn read_again(connection: &Connection, next: Placing, shared: &Shared) -> Placing {
    match Placing::read(connection) {
        Ok(leaves) => {
            shared.fresh.again(&leaves);
            leaves
        }
        Err(error) => {
            tracing::error!(%error, "the end of the leaves cannot be read");
            next
        }
    }
}

fn unanswered(request: Request) -> Answer {
    match request {
        Request::Changes(_, _, reply) => Box::new(move |r| drop(reply.send(r.map(|()| Vec::new())))),
        Request::Task(_, reply) => Box::new(move |r| drop(reply.send(r))),
        Request::Compact(reply) => Box::new(move |r| drop(reply.send(r.map(|()| false)))),
    }
}

fn one(
    connection: &Connection,
    request: Request,
    state: &mut apply::State,
    answers: &mut Vec<Answer>,
    shared: &Shared,
) -> Result<(), Error> {
    match request {
        Request::Changes(changes, signed, reply) => {
            let result: Result<Outcomes, Error> =
                changes.iter().map(|change| apply::change(connection, change, signed.entry.as_ref(), state)).collect();
            let (outcomes, result) = match result {
                Ok(outcomes) => (outcomes, Ok(())),
                Err(error) => (Vec::new(), Err(error)),
            };
            shared.changes.fetch_add(outcomes.len() as u64, Relaxed);
            shared.refused.fetch_add(outcomes.iter().filter(|o| o.is_err()).count() as u64, Relaxed);
            answers.push(Box::new(move |r| drop(reply.send(r.map(|()| outcomes)))));
            result
        }
        Request::Task(task, reply) => {
            let result = task(connection);
            answers.push(Box::new(move |r| drop(reply.send(r))));
            result
        }
        compact @ Request::Compact(_) => {
            answers.push(unanswered(compact));
            Ok(())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement for the metrics, not a time that anything is decided on")]
fn finish(connection: &Connection, state: &apply::State, shared: &Shared) -> Result<(), Error> {
    state.settle(connection)?;
    let end = state.leaves.next(Log::Devices);
    state.placed.iter().for_each(|device| shared.versions.placed(*device, end));
    let start = std::time::Instant::now();
    shared.readers.pause();
    let committed = connection.execute_batch("commit");
    shared.readers.go_on();
    committed?;
    shared.commit_micros.fetch_add(start.elapsed().as_micros() as u64, Relaxed);
    Ok(())
}
