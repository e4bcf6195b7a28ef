//! The ledger's side of the store: the queue, the places of leaves, the heads, the checkpoints.

use crate::engine::prepare;
use crate::error::ErrorKind;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension};
use tegata_domain::fact::Fact;
use tegata_domain::ledger::{Checkpoint, Head, Log};

/// Queues a leaf in the transaction of what it tells of.
pub(crate) fn enqueue(c: &Connection, log: Log, item: i64, sequence: u32) -> Result<(), Error> {
    let text = "insert into queue (log, item, sequence) values ($1, $2, $3)";
    prepare(c, text)?.execute((log as u8, item, sequence))?;
    Ok(())
}

/// Enters a fact and queues its leaf.
pub(crate) fn insert_fact(c: &Connection, fact: &Fact) -> Result<(), Error> {
    prepare(c, "insert into fact (leaf) values ($1)")?.execute([fact.leaf()])?;
    enqueue(c, Log::Facts, c.last_insert_rowid(), 0)
}

/// A leaf that waits.
#[derive(Debug, Clone)]
pub struct Queued {
    /// Its place in the queue.
    pub id: i64,
    /// Device or fact.
    pub item: i64,
    /// Sequence number of the device's event; 0 for a fact.
    pub sequence: u32,
    /// Facts: the leaf. Devices: the commitment, 32 bytes.
    pub content: Vec<u8>,
}

/// A leaf that got its place.
pub type Placed = (u64, Queued);

/// The ledger's rows.
pub struct Ledgers<'a>(&'a Store);

impl Store {
    /// The ledger's rows.
    pub fn ledger(&self) -> Ledgers<'_> {
        Ledgers(self)
    }
}

/// Content of leaves, by log, for a join over (item, sequence) in `t`.
fn content(log: Log) -> &'static str {
    match log {
        Log::Facts => "join fact f on f.id = t.item",
        Log::Devices => "join event f on f.device = t.item and f.sequence = t.sequence",
    }
}

fn column(log: Log) -> &'static str {
    match log {
        Log::Facts => "f.leaf",
        Log::Devices => "f.commitment",
    }
}

impl Ledgers<'_> {
    /// Makes a log with no leaves, at `init`.
    pub async fn create(&self, log: Log, empty: Head) -> Result<(), Error> {
        let task = move |c: &Connection| {
            c.execute("insert into log (id, size, root) values ($1, 0, $2)", (log as u8, empty.root))?;
            Ok(())
        };
        self.0.0.committer.task(task).await
    }

    /// How far a log is.
    pub async fn head(&self, log: Log) -> Result<Head, Error> {
        let text = "select size, root from log where id = $1";
        let read = |row: &rusqlite::Row<'_>| Ok(Head { size: row.get::<_, i64>(0)? as u64, root: row.get(1)? });
        let head = self.0.read(|c| Ok(prepare(c, text)?.query_row([log as u8], read).optional()?))?;
        head.ok_or_else(|| Error::new(ErrorKind::Version, "the data folder has no ledger; init did not finish"))
    }

    /// The first `limit` leaves that wait, in the order of their commits.
    pub async fn queue(&self, log: Log, limit: u32) -> Result<Vec<Queued>, Error> {
        let text = format!(
            "select t.id, t.item, t.sequence, {} from queue t {} where t.log = $1 order by t.id limit $2",
            column(log),
            content(log)
        );
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Queued { id: row.get(0)?, item: row.get(1)?, sequence: row.get(2)?, content: row.get(3)? })
        };
        self.0.read(|c| Ok(prepare(c, &text)?.query_map((log as u8, limit), read)?.collect::<Result<_, _>>()?))
    }

    /// How many leaves wait, counted up to 100,000.
    pub async fn waiting(&self) -> Result<u64, Error> {
        let text = "select count(*) from (select 1 from queue limit 100000)";
        self.0.read(|c| Ok(prepare(c, text)?.query_row([], |row| row.get::<_, i64>(0))? as u64))
    }

    /// Moves leaves from the queue to their places and the log from `old` to `new`: compared and swapped.
    /// False when somebody else moved it.
    pub async fn advance(&self, log: Log, old: Head, new: Head, placed: Vec<Placed>) -> Result<bool, Error> {
        self.0.0.committer.task(move |c| advance(c, log, (old, new), &placed)).await
    }

    /// Content of `count` leaves from `start` on.
    pub async fn contents(&self, log: Log, start: u64, count: u32) -> Result<Vec<Vec<u8>>, Error> {
        let text = format!(
            "select {} from leaf t {} where t.log = $1 and t.idx >= $2 and t.idx < $3 order by t.idx",
            column(log),
            content(log)
        );
        let values = (log as u8, start as i64, (start + u64::from(count)) as i64);
        self.0.read(|c| Ok(prepare(c, &text)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?))
    }

    /// The published checkpoint.
    pub async fn checkpoint(&self, log: Log) -> Result<Option<Checkpoint>, Error> {
        let text = "select size, root, note from checkpoint where log = $1";
        let read = |row: &rusqlite::Row<'_>| {
            let head = Head { size: row.get::<_, i64>(0)? as u64, root: row.get(1)? };
            Ok(Checkpoint { head, note: row.get(2)? })
        };
        self.0.read(|c| Ok(prepare(c, text)?.query_row([log as u8], read).optional()?))
    }

    /// Publishes a checkpoint: the row only grows. False when a larger one stands there.
    pub async fn publish(&self, log: Log, checkpoint: Checkpoint) -> Result<bool, Error> {
        let text = "insert into checkpoint (log, size, root, note) values ($1, $2, $3, $4)
            on conflict (log) do update set size = $2, root = $3, note = $4 where size < $2";
        let task = move |c: &Connection| {
            let head = checkpoint.head;
            let values = (log as u8, head.size as i64, head.root, checkpoint.note);
            Ok(prepare(c, text)?.execute(values)? == 1)
        };
        self.0.0.committer.task(task).await
    }
}

fn advance(c: &Connection, log: Log, (old, new): (Head, Head), placed: &[Placed]) -> Result<bool, Error> {
    let text = "update log set size = $4, root = $5 where id = $1 and size = $2 and root = $3";
    let values = (log as u8, old.size as i64, old.root, new.size as i64, new.root);
    if prepare(c, text)?.execute(values)? == 0 {
        return Ok(false);
    }
    let mut place = prepare(c, "insert into leaf (log, idx, item, sequence) values ($1, $2, $3, $4)")?;
    let mut mark = prepare(
        c,
        match log {
            Log::Facts => "update fact set idx = $3 where id = $1 and $2 = 0",
            Log::Devices => "update event set idx = $3 where device = $1 and sequence = $2",
        },
    )?;
    let mut leave = prepare(c, "delete from queue where id = $1")?;
    for (index, leaf) in placed {
        place.execute((log as u8, *index as i64, leaf.item, leaf.sequence))?;
        mark.execute((leaf.item, leaf.sequence, *index as i64))?;
        leave.execute([leaf.id])?;
    }
    Ok(true)
}
