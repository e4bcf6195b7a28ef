//! The ledger's side of the store: leaves at their places, and how far each log is signed.

use crate::engine::{Connection, NONE, Row};
use crate::error::ErrorKind;
use crate::leaf::{Contents, Placing, Taken};
use crate::{Error, Store};
use tegata_domain::fact::Fact;
use tegata_domain::ledger::{Checkpoint, Head, Log};

/// Enters a fact and gives its leaf its place.
pub(crate) fn insert_fact(c: &Connection, fact: &Fact, leaves: &mut Placing) -> Result<(), Error> {
    let (leaf, index) = (fact.leaf(), leaves.next(Log::Facts) as i64);
    let text = "insert into fact (leaf, idx) values ($1, $2) returning id";
    let item = c.only(text, (&leaf, index), |row| row.get(0))?;
    leaves.place(c, Log::Facts, std::iter::once((item, 0, &*leaf)))
}

/// How far a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Size and root of the signed tree.
    pub head: Head,
    /// The signed checkpoint of it; `None` while there is none.
    pub note: Option<String>,
    /// The full tiles of the tree of so many leaves are files that survive a crash.
    pub tiled: u64,
}

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
            c.execute("insert into log (id, size, root, tiled) values ($1, 0, $2, 0)", (log as u8, empty.root))?;
            Ok(())
        };
        self.0.0.committer.task(task).await
    }

    /// How far a log is.
    pub async fn standing(&self, log: Log) -> Result<Progress, Error> {
        let text = "select size, root, note, tiled from log where id = $1";
        let read = |row: &Row<'_>| {
            let head = Head { size: row.get::<i64>(0)? as u64, root: row.get(1)? };
            Ok(Progress { head, note: row.get(2)?, tiled: row.get::<i64>(3)? as u64 })
        };
        let standing = self.0.read(|c| c.one(text, [log as u8], read))?;
        standing.ok_or_else(|| Error::new(ErrorKind::Version, "the data folder has no ledger; init did not finish"))
    }

    /// What was committed from place `from` on, about `limit` leaves in the order of their commits: handed over in
    /// memory, or read where that has a gap.
    pub async fn waiting_from(&self, log: Log, from: u64, limit: u32) -> Result<Contents, Error> {
        let shared = self.0.is_shared();
        let count = match self.0.0.committer.fresh().take(log, from, limit) {
            Taken::Leaves(contents) if !contents.is_empty() || !shared => return Ok(contents),
            // what other nodes placed is in the store alone
            Taken::Leaves(_) => limit,
            Taken::Stored(until) => (until - from) as u32,
        };
        let contents = self.contents(log, from, count).await?;
        if contents.is_empty() && !shared {
            return Err(Error::new(ErrorKind::Broken, format!("the log '{}' has no leaf at {from}", log.name())));
        }
        Ok(contents)
    }

    /// How many leaves no checkpoint covers yet.
    pub async fn waiting(&self) -> Result<u64, Error> {
        let text =
            "select cast(coalesce(sum(coalesce((select max(idx) + 1 from leaf where leaf.log = log.id), 0) - size), 0)
            as bigint) from log";
        self.0.read(|c| Ok(c.only(text, NONE, |row| row.get::<i64>(0))?.max(0) as u64))
    }

    /// Signs a log on: its head moves from `old` to that of `checkpoint`, compared and swapped, and never past the
    /// leaves that are in the store; in the same transaction it keeps the signed note, and how far tiles are files.
    /// False when somebody else moved it.
    pub async fn advance(&self, log: Log, old: Head, checkpoint: Checkpoint, tiled: u64) -> Result<bool, Error> {
        let text = "update log set size = $4, root = $5, note = $6, tiled = $7
            where id = $1 and size = $2 and root = $3 and size <= $4
            and $4 <= coalesce((select max(idx) + 1 from leaf where leaf.log = $1), 0)";
        let task = move |c: &Connection| {
            let Checkpoint { head, note } = checkpoint;
            let sizes = [old.size as i64, head.size as i64, tiled as i64];
            let values = (log as u8, sizes[0], old.root, sizes[1], head.root, note, sizes[2]);
            Ok(c.execute(text, values)? == 1)
        };
        self.0.0.committer.task(task).await
    }

    /// Content of `count` leaves from `start` on, up to the first one that is missing.
    pub async fn contents(&self, log: Log, start: u64, count: u32) -> Result<Contents, Error> {
        let text = format!(
            "select {}, t.idx from leaf t {} where t.log = $1 and t.idx >= $2 and t.idx < $3 order by t.idx",
            column(log),
            content(log)
        );
        let values = (log as u8, start as i64, (start + u64::from(count)) as i64);
        self.0.read(|c| {
            let mut contents = Contents::at(start);
            c.each(&text, values, |row| {
                let follows = row.get::<i64>(1)? as u64 == contents.end();
                if follows {
                    contents.push(row.get(0)?);
                }
                Ok(follows)
            })?;
            Ok(contents)
        })
    }
}
