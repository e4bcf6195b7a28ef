//! What an operator watches: how much waits, stands open, falls due. SQL.
//!
//! Invariant: each question reads an index, a table that grows with organisations only, or stops at [`MOST`] rows.

use crate::engine::{Connection, NONE, Row};
use crate::{Error, Store};
use tegata_domain::campaign::CampaignState;
use tegata_domain::time::Timestamp;

/// Past this many, "many" is all that anybody needs to know.
pub const MOST: i64 = 10_000;

/// Row numbers of what is made by the million, and so could run out: at most 2^40.
pub const NUMBERED: [&str; 2] = ["device", "certificate"];

/// A look at the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Open findings by level, 1 to 5; the oldest `MOST` at most.
    pub findings: [u64; 5],
    /// Campaigns by state that something may be left to do for, and those that stopped by themselves.
    pub campaigns: [u64; 5],
    /// Notices that wait to be sent.
    pub notices: u64,
    /// Lists of revoked certificates.
    pub lists: u64,
    /// Those of them that do not hold yet what they must.
    pub stale: u64,
    /// When the first of them ends.
    pub next_update: Option<Timestamp>,
    /// Row numbers given out, as `NUMBERED` has them; blocks that are not used up count whole.
    pub numbers: [u64; 2],
}

/// Looks for operators.
pub struct Watch<'a>(&'a Store);

impl Store {
    /// Looks for operators.
    pub fn watch(&self) -> Watch<'_> {
        Watch(self)
    }
}

/// Adds up (place, count) rows; a place that is not there counts for nothing.
fn counts<const N: usize>(c: &Connection, text: &str) -> Result<[u64; N], Error> {
    let mut out = [0; N];
    c.each(text, [MOST], |row| {
        let place = usize::try_from(row.get::<i64>(0)?).unwrap_or(N);
        if let Some(slot) = out.get_mut(place) {
            *slot = row.get::<i64>(1)? as u64;
        }
        Ok(true)
    })?;
    Ok(out)
}

fn lists(c: &Connection) -> Result<(u64, u64, Option<Timestamp>), Error> {
    // a list that was never signed has no end; it is stale
    let text = "select count(*), cast(coalesce(sum(case when stale = 1 then 1 else 0 end), 0) as bigint),
        min(case when der is null then null else next_update end) from crl";
    let read = |row: &Row<'_>| {
        let ends = row.get::<Option<i64>>(2)?.map(Timestamp::from_millis);
        Ok((row.get::<i64>(0)? as u64, row.get::<i64>(1)? as u64, ends))
    };
    c.only(text, NONE, read)
}

impl Watch<'_> {
    /// All of it.
    pub async fn now(&self) -> Result<Watched, Error> {
        let findings =
            "select cast(level - 1 as bigint), count(*) from (select level from finding where closed_at is null
            order by organisation, id limit $1) f group by level";
        let stopped = CampaignState::Stopped as u8;
        let campaigns = format!(
            "select cast(state as bigint), count(*) from (select state from campaign where settled = 0 or state = {stopped} limit $1) c
            group by state"
        );
        let notices =
            "select cast(0 as bigint), count(*) from (select 1 from notice where next_try is not null limit $1) n";
        let number = "select coalesce((select next - 1 from counter where name = $1), 0)";
        self.0.read(|c| {
            let [notices] = counts(c, notices)?;
            let (lists, stale, next_update) = lists(c)?;
            let mut numbers = [0; 2];
            for (slot, name) in numbers.iter_mut().zip(NUMBERED) {
                *slot = c.only(number, [name], |row| row.get::<i64>(0))?.max(0) as u64;
            }
            let (findings, campaigns) = (counts(c, findings)?, counts(c, &campaigns)?);
            Ok(Watched { findings, campaigns, notices, lists, stale, next_update, numbers })
        })
    }
}
