//! Row numbers: reserved in blocks, handed out from memory. A crash leaves a gap, never a number twice.

use crate::engine::Connection;
use crate::{Error, Store};
use std::collections::HashMap;
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
        }
    }

    /// How many are reserved at once.
    fn block(self) -> i64 {
        if matches!(self, Row::Device | Row::Certificate) { 16_384 } else { 1 }
    }
}

#[derive(Default)]
pub(crate) struct Counters(Mutex<HashMap<Row, (i64, i64)>>);

impl Counters {
    /// Blocks that were reserved are not handed out any more.
    pub(crate) async fn forget(&self) {
        self.0.lock().await.clear();
    }
}

impl Store {
    /// The first of `count` row numbers in a row that nobody else gets.
    pub async fn reserve(&self, row: Row, count: u32) -> Result<i64, Error> {
        let count = i64::from(count);
        let mut counters = self.0.counters.0.lock().await;
        let (next, end) = counters.get(&row).copied().unwrap_or((0, 0));
        if next + count <= end {
            counters.insert(row, (next + count, end));
            return Ok(next);
        }
        let block = count.max(row.block());
        let start = self.0.committer.task(move |c| advance(c, row.name(), block)).await?;
        counters.insert(row, (start + count, start + block));
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
