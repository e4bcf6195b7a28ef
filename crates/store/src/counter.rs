//! Row numbers: reserved in blocks, handed out from memory. A crash leaves a gap, never a number twice.

use crate::engine::Connection;
use crate::{Error, ErrorKind, Store};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use tokio::sync::Mutex;

/// What a row number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// An organisation.
    Organisation,
    /// An account.
    Account,
    /// A token.
    Token,
    /// An authority.
    Authority,
    /// A product.
    Product,
    /// A batch.
    Batch,
    /// A device.
    Device,
    /// A certificate.
    Certificate,
    /// A release.
    Release,
    /// A release key.
    ReleaseKey,
    /// A campaign.
    Campaign,
    /// An action.
    Action,
    /// A login.
    Login,
    /// A passkey.
    Passkey,
    /// An invitation.
    Invitation,
    /// A saved filter.
    Filter,
    /// A bulk.
    Bulk,
}

impl Row {
    fn name(self) -> &'static str {
        match self {
            Row::Organisation => "organisation",
            Row::Account => "account",
            Row::Token => "token",
            Row::Authority => "authority",
            Row::Product => "product",
            Row::Batch => "batch",
            Row::Device => "device",
            Row::Certificate => "certificate",
            Row::Release => "release",
            Row::ReleaseKey => "release_key",
            Row::Campaign => "campaign",
            Row::Action => "action",
            Row::Login => "login",
            Row::Passkey => "passkey",
            Row::Invitation => "invitation",
            Row::Filter => "filter",
            Row::Bulk => "bulk",
        }
    }

    /// How many are reserved at once.
    fn block(self) -> i64 {
        if matches!(self, Row::Device | Row::Certificate) { 16_384 } else { 1 }
    }
}

/// Sorts of rows, the last of them and those before it.
const ROWS: usize = Row::Bulk as usize + 1;

#[derive(Default)]
struct Reserved {
    /// The next number, and where those end that were reserved.
    span: Mutex<(i64, i64)>,
    /// Numbers that somebody wants at present: who reserves does so for all that wait, with one sync.
    wanted: AtomicI64,
    /// How often the database did not answer one of them in time: those behind it have waited as long by then.
    late: AtomicU64,
}

/// Numbers that were reserved and not given out. One lock a row: who waits for the disk stops nobody else.
#[derive(Default)]
pub(crate) struct Counters([Reserved; ROWS]);

/// Taken back also where its asker went away.
struct Wanted<'a>(&'a AtomicI64, i64);

impl<'a> Wanted<'a> {
    fn new(wanted: &'a AtomicI64, count: i64) -> Self {
        wanted.fetch_add(count, Relaxed);
        Wanted(wanted, count)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Relaxed);
    }
}

impl Counters {
    /// Blocks that were reserved are not handed out any more.
    pub(crate) async fn forget(&self) {
        for reserved in &self.0 {
            *reserved.span.lock().await = (0, 0);
        }
    }
}

impl Store {
    /// The first of `count` row numbers in a row that nobody else gets.
    pub async fn reserve(&self, row: Row, count: u32) -> Result<i64, Error> {
        let count = i64::from(count);
        let reserved = &self.0.counters.0[row as usize];
        let _wanted = Wanted::new(&reserved.wanted, count);
        let late = reserved.late.load(Relaxed);
        let mut span = reserved.span.lock().await;
        let (next, end) = *span;
        if next + count <= end {
            span.0 += count;
            return Ok(next);
        }
        if reserved.late.load(Relaxed) != late {
            return Err(Error::new(ErrorKind::Late, "the database did not answer others in time"));
        }
        let block = reserved.wanted.load(Relaxed).max(row.block());
        let start = self.0.committer.task(move |c| advance(c, row.name(), block)).await.inspect_err(|error| {
            if error.kind == ErrorKind::Late {
                reserved.late.fetch_add(1, Relaxed);
            }
        })?;
        *span = (start + count, start + block);
        Ok(start)
    }
}

fn advance(c: &Connection, name: &str, by: i64) -> Result<i64, Error> {
    let text = "update counter set next = next + $2 where name = $1 returning next - $2";
    if let Some(start) = c.one(text, (name, by), |row| row.get(0))? {
        return Ok(start);
    }
    // a restored platform begins new counters above all that the one before it may have given
    let text = "insert into counter (name, next)
        values ($1, $2 + coalesce((select next from counter where name = $3), 1)) returning next - $2";
    c.only(text, (name, by, crate::snapshot::FLOOR), |row| row.get(0))
}
