//! The group committer: one thread that puts all waiting changes into one transaction, with one sync.
//!
//! A request alone does not wait for others; while a sync runs, those that arrive gather for the next.
//! Invariant: an answer is sent after the commit of its transaction, and one refused change undoes nothing of others.

use crate::apply;
use crate::compact::compact;
use crate::engine::{Connection, Reads, Writer};
use crate::error::{Error, ErrorKind};
use crate::fanout::{Bells, Told};
use crate::leaf::{Fresh, Placing};
use crate::measure::{self, Measure, Waiting};
use crate::migrate;
use crate::version::Thing;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use tegata_domain::audit::AuditEntry;
use tegata_domain::change::{Change, Refused};
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::Log;
use tegata_domain::permit::{Permit, Right};
use tegata_domain::time::Timestamp;
use tegata_fault::Point;
use tokio::sync::oneshot;

/// How many requests may wait for a transaction.
const WAITING: usize = 1024;
/// How many changes go into one transaction, at least one request.
const TOGETHER: usize = 4096;

type Outcomes = Vec<Result<(), Refused>>;
type Task = Box<dyn FnOnce(&Connection) -> Result<(), Error> + Send>;

/// Who signs a change: what the audit keeps of a permit.
pub(crate) struct Signed {
    entry: Option<AuditEntry>,
    right: Option<(Right, Timestamp)>,
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
        Signed { entry, right: permit.right().map(|right| (right, at)) }
    }
}

enum Request {
    Changes(Vec<Change>, Signed, oneshot::Sender<Result<Outcomes, Error>>),
    Task(Task, Vec<Thing>, oneshot::Sender<Result<(), Error>>),
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
}

struct Shared {
    reads: Arc<Reads>,
    fresh: Fresh,
    bells: Arc<Bells>,
    /// The name of this node among others on one database.
    node: Option<String>,
    transactions: AtomicU64,
    changes: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    measure: Measure,
}

impl Shared {
    fn new(reads: Arc<Reads>, node: Option<String>, leaves: &Placing) -> Self {
        Shared {
            reads,
            fresh: Fresh::new(leaves),
            bells: Arc::new(Bells::new(leaves.next(Log::Devices))),
            node,
            transactions: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            measure: Measure::new(),
        }
    }
}

/// The thread, seen from outside.
pub(crate) struct Committer {
    /// Gone once the committer is to end.
    requests: Option<Sender<Waiting<Request>>>,
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
    /// `node` is the name of this one, where others write too.
    pub(crate) fn start(writer: Writer, reads: Arc<Reads>, node: Option<String>) -> Result<Self, Error> {
        let (requests, inbox) = bounded(WAITING);
        let mut leaves = Placing::default();
        reads.with(|connection| {
            leaves = Placing::read(connection)?;
            Ok(())
        })?;
        let shared = Arc::new(Shared::new(reads, node, &leaves));
        let theirs = Arc::clone(&shared);
        let work = move || run(writer, leaves, &inbox, &theirs);
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
        self.touching(Vec::new(), f).await
    }

    /// The same; what it touches gets a new version.
    pub(crate) async fn touching<T: Send + 'static>(
        &self,
        touched: Vec<Thing>,
        f: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (out, value) = oneshot::channel();
        let task: Task = Box::new(move |connection| {
            let result = f(connection)?;
            let _gone = out.send(result);
            Ok(())
        });
        self.send(|reply| Request::Task(task, touched, reply)).await?;
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
        requests.try_send(self.shared.measure.enter(request(reply))).map_err(|e| match e {
            TrySendError::Full(_) => {
                self.shared.measure.turned_away();
                Error::new(ErrorKind::Overloaded, "too many writes are waiting")
            }
            TrySendError::Disconnected(_) => stopped(),
        })?;
        tegata_fault::at(Point::Queued);
        answer.await.map_err(|_| stopped())?
    }

    pub(crate) fn bells(&self) -> &Arc<Bells> {
        &self.shared.bells
    }

    /// The name of this node, where other processes write to the same store.
    pub(crate) fn node(&self) -> Option<&str> {
        self.shared.node.as_deref()
    }

    pub(crate) fn fresh(&self) -> &Fresh {
        &self.shared.fresh
    }

    pub(crate) fn version(&self, thing: Thing) -> Option<u32> {
        self.shared.bells.versions.of(thing)
    }

    pub(crate) fn measure(&self) -> &Measure {
        &self.shared.measure
    }

    /// Requests that wait, and how many may.
    pub(crate) fn queue(&self) -> (usize, usize) {
        (self.requests.as_ref().map_or(0, Sender::len), WAITING)
    }

    /// Whether all events of a device, as it was read just now, stand in the log below `size`. False says perhaps not.
    pub(crate) fn all_below(&self, device: DeviceRow, size: u64) -> bool {
        // nodes do not tell each other which leaves they placed
        self.shared.node.is_none() && self.shared.bells.versions.all_below(device, size)
    }

    pub(crate) fn counts(&self) -> Counts {
        let s = &self.shared;
        Counts {
            transactions: s.transactions.load(Relaxed),
            changes: s.changes.load(Relaxed),
            refused: s.refused.load(Relaxed),
            failed: s.failed.load(Relaxed),
        }
    }
}

fn run(mut writer: Writer, mut leaves: Placing, inbox: &Receiver<Waiting<Request>>, shared: &Shared) {
    let mut compacting = None;
    while let Ok(first) = inbox.recv() {
        let (mut size, mut together) = (0, Vec::new());
        let mut next = Some(shared.measure.take(first));
        while let Some(request) = next {
            size += weight(&request);
            match request {
                Request::Compact(reply) => compacting = Some(reply),
                request => together.push(request),
            }
            next = if size < TOGETHER && compacting.is_none() {
                inbox.try_recv().ok().map(|next| shared.measure.take(next))
            } else {
                None
            };
        }
        if !together.is_empty() {
            let late;
            (leaves, late) = transaction(&mut writer, together, leaves, shared);
            if late {
                give_up(inbox);
            }
        }
        if let Some(reply) = compacting.take() {
            let _gone = reply.send(compact(&mut writer, &shared.reads));
        }
    }
    shared.reads.pause();
    if let Writer::Sqlite(connection) = &writer
        && let Err(error) = connection.run("pragma wal_checkpoint(truncate)")
    {
        tracing::warn!(%error, "the write-ahead log stays beside the database; the next start takes it in");
    }
}

/// Those who wait have waited for the database as long as the transaction that it did not answer.
fn give_up(inbox: &Receiver<Waiting<Request>>) {
    for waiting in inbox.try_iter().take(WAITING) {
        let late = Error::new(ErrorKind::Late, "the database did not answer others in time");
        unanswered(waiting.given_up())(Err(late));
    }
}

fn weight(request: &Request) -> usize {
    match request {
        Request::Changes(changes, ..) => changes.len(),
        Request::Task(..) | Request::Compact(_) => 1,
    }
}

/// An answer that is sent once the commit is on disk.
type Answer = Box<dyn FnOnce(Result<(), Error>)>;

/// One transaction, whose leaves get their places from `leaves` on; answers where the next one goes on, and whether the
/// database did not answer in time.
fn transaction(writer: &mut Writer, requests: Vec<Request>, leaves: Placing, shared: &Shared) -> (Placing, bool) {
    let (next, running, before) = (leaves.clone(), shared.measure.begin(), shared.changes.load(Relaxed));
    let mut answers: Vec<Answer> = Vec::with_capacity(requests.len());
    let mut state = apply::State::new(leaves);
    let outcome = written(writer, requests, &mut state, &mut answers, shared);
    let changes = shared.changes.load(Relaxed) - before;
    // before the sequencer is woken, so that it finds whom it serves
    shared.measure.end(running, changes, outcome.is_ok() && state.leaves.any());
    if let Err(error) = &outcome {
        shared.failed.fetch_add(1, Relaxed);
        tracing::error!(%error, waiting = answers.len(), "transaction failed; nothing of it was written");
        writer.rollback();
    } else {
        tegata_fault::at(Point::Committed);
        shared.transactions.fetch_add(1, Relaxed);
        // before anybody is told, and after reads see what was committed
        shared.fresh.add(&state.leaves);
        shared.bells.tell(&state.told);
    }
    let next = if outcome.is_ok() { state.leaves.after() } else { read_again(writer, next, shared) };
    for answer in answers {
        answer(outcome.as_ref().copied().map_err(Error::repeat));
    }
    (next, outcome.is_err_and(|error| error.kind == ErrorKind::Late))
}

/// From the begin of a transaction to its commit; `answers` has one for each request, however it ends.
fn written(
    writer: &mut Writer,
    requests: Vec<Request>,
    state: &mut apply::State,
    answers: &mut Vec<Answer>,
    shared: &Shared,
) -> Result<(), Error> {
    let mut begun = writer.begin().and_then(|connection| {
        if shared.node.is_some() {
            // nor reads what it does not know
            migrate::served(connection).inspect_err(|error| {
                if error.kind == ErrorKind::Version {
                    shared.bells.versions.lost();
                }
            })?;
            // others placed leaves since the last transaction
            state.leaves = Placing::read(connection)?;
        }
        Ok(connection)
    });
    tegata_fault::at(Point::Begun);
    for request in requests {
        match &begun {
            Ok(connection) => {
                if let Err(error) = one(connection, request, state, answers, shared) {
                    begun = Err(error);
                }
            }
            Err(_) => answers.push(unanswered(request)),
        }
    }
    begun.and_then(|connection| finish(connection, state, shared))
}

/// After a failure it is the store that knows which places are taken, even where a commit failed late.
fn read_again(writer: &mut Writer, next: Placing, shared: &Shared) -> Placing {
    if shared.node.is_some() {
        // every transaction reads it
        return next;
    }
    match writer.connection().and_then(Placing::read) {
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
        Request::Task(_, _, reply) => Box::new(move |r| drop(reply.send(r))),
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
            let result = apply::changes(connection, &changes, (signed.entry.as_ref(), signed.right), state);
            let (outcomes, result) = match result {
                Ok(outcomes) => (outcomes, Ok(())),
                Err(error) => (Vec::new(), Err(error)),
            };
            shared.changes.fetch_add(outcomes.len() as u64, Relaxed);
            shared.measure.outcomes(&outcomes);
            shared.refused.fetch_add(outcomes.iter().filter(|o| o.is_err()).count() as u64, Relaxed);
            answers.push(Box::new(move |r| drop(reply.send(r.map(|()| outcomes)))));
            result
        }
        Request::Task(task, touched, reply) => {
            // perhaps a checkpoint, which the other nodes show too
            state.tasks = true;
            state.told.touched.extend(touched);
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

fn finish(connection: &Connection, state: &mut apply::State, shared: &Shared) -> Result<(), Error> {
    state.settle(connection)?;
    state.told.queued = state.leaves.any();
    let end = state.leaves.next(Log::Devices);
    state.placed.iter().for_each(|device| shared.bells.versions.placed(*device, end));
    if let Some(node) = &shared.node {
        let queued = state.told.queued || state.tasks;
        Told { queued, ..state.told.clone() }.announce(connection, node)?;
    }
    tegata_fault::check(Point::Settled)?;
    let start = measure::now();
    shared.reads.pause();
    let committed = connection.run("commit");
    shared.reads.go_on();
    committed?;
    shared.measure.synced(start);
    Ok(())
}
