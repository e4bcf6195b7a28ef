//! Places of leaves: given in the transaction of what they tell of, handed to the sequencer once it is durable.
//!
//! Why here: with one committer the next place is a number in its thread, so a leaf needs no queue in between (ADR 12).
//! Invariant: places have no gaps. What a transaction placed is handed on after its commit; one that failed placed
//! nothing, and its numbers are given again.

use crate::engine::{Connection, Value};
use crate::error::Error;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tegata_domain::ledger::Log;

/// Bytes of leaves that are kept for the sequencer in memory, a log; past that it reads them from the store.
const HELD: usize = 8 << 20;

/// Contents of leaves in a row, without a heap block for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    first: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Contents {
    /// None yet; the first one will stand at `first`.
    pub fn at(first: u64) -> Self {
        Contents { first, ..Contents::default() }
    }

    /// Adds the next one.
    pub fn push(&mut self, content: &[u8]) {
        self.bytes.extend_from_slice(content);
        self.ends.push(self.bytes.len());
    }

    fn append(&mut self, more: &Contents) {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&more.bytes);
        self.ends.extend(more.ends.iter().map(|end| before + end));
    }

    fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The place after the last one.
    pub fn end(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// Each in turn. Facts: the leaf. Devices: the commitment, 32 bytes.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.iter().scan(0, |start, end| {
            let content = &self.bytes[*start..*end];
            *start = *end;
            Some(content)
        })
    }
}

/// The leaves that one transaction places, by log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placing([Contents; 2]);

/// How far a transaction had come, to go back there.
pub(crate) type Mark = [usize; 2];

impl Placing {
    /// Goes on where the committed leaves of the store end.
    pub(crate) fn read(c: &Connection) -> Result<Self, Error> {
        let next = |log: Log| -> Result<Contents, Error> {
            let last: Option<i64> =
                c.only("select max(idx) from leaf where log = $1", [log as u8], |row| row.get(0))?;
            Ok(Contents::at(last.map_or(0, |last| last as u64 + 1)))
        };
        Ok(Placing([next(Log::Facts)?, next(Log::Devices)?]))
    }

    /// Goes on where this one ends.
    pub(crate) fn after(&self) -> Self {
        let [facts, devices] = &self.0;
        Placing([Contents::at(facts.end()), Contents::at(devices.end())])
    }

    /// Whether any leaf was placed.
    pub(crate) fn any(&self) -> bool {
        self.0.iter().any(|contents| !contents.is_empty())
    }

    /// The place that the next leaf of a log gets.
    pub(crate) fn next(&self, log: Log) -> u64 {
        self.0[log as usize].end()
    }

    /// Gives leaves their places, one after the other. Of each: the device or the fact, the sequence number of the
    /// device's event, and the content.
    pub(crate) fn place<'l>(
        &mut self,
        c: &Connection,
        log: Log,
        leaves: impl Iterator<Item = (i64, u32, &'l [u8])>,
    ) -> Result<(), Error> {
        let text = "insert into leaf (log, idx, item, sequence) values ($1, $2, $3, $4)";
        let rows = leaves.map(|(item, sequence, content)| {
            let index = self.next(log);
            self.0[log as usize].push(content);
            [log as i64, index as i64, item, sequence.into()].map(Value::Int)
        });
        c.insert_all(text, rows)?;
        Ok(())
    }

    pub(crate) fn mark(&self) -> Mark {
        [self.0[0].len(), self.0[1].len()]
    }

    /// What came after `mark` was rolled back.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        for (contents, count) in self.0.iter_mut().zip(mark) {
            contents.truncate(count);
        }
    }
}

/// Leaves that were committed lately and that the sequencer has not taken yet: it reads nothing back.
#[derive(Debug, Default)]
pub(crate) struct Fresh([Mutex<Tail>; 2]);

#[derive(Debug, Default)]
struct Tail {
    runs: VecDeque<Contents>,
    bytes: usize,
    /// The place after the last committed leaf.
    next: u64,
}

/// What waits from a place on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// These, or nothing.
    Leaves(Contents),
    /// The store has them, up to this place.
    Stored(u64),
}

impl Fresh {
    /// Of a store whose committed leaves end there.
    pub(crate) fn new(placing: &Placing) -> Self {
        let fresh = Fresh::default();
        fresh.again(placing);
        fresh
    }

    fn tail(&self, log: usize) -> MutexGuard<'_, Tail> {
        self.0[log].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a transaction placed, now that it is durable.
    pub(crate) fn add(&self, placing: &Placing) {
        for (log, contents) in placing.0.iter().enumerate().filter(|(_, contents)| !contents.is_empty()) {
            let mut tail = self.tail(log);
            tail.next = contents.end();
            if tail.bytes + contents.bytes.len() <= HELD {
                tail.bytes += contents.bytes.len();
                tail.runs.push_back(contents.clone());
            }
        }
    }

    /// After a transaction that failed: the store says where the leaves end.
    pub(crate) fn again(&self, placing: &Placing) {
        for (log, contents) in placing.0.iter().enumerate() {
            *self.tail(log) = Tail { next: contents.end(), ..Tail::default() };
        }
    }

    /// Takes what waits from `from` on: about `limit`, at least one transaction's.
    pub(crate) fn take(&self, log: Log, from: u64, limit: u32) -> Taken {
        let mut tail = self.tail(log as usize);
        let tail = &mut *tail;
        let mut taken = Contents::at(from);
        while let Some(run) = tail.runs.front() {
            if run.first > taken.end() || !taken.is_empty() && taken.len() + run.len() > limit as usize {
                break;
            }
            // one that begins before was read from the store meanwhile
            if run.first == taken.end() {
                taken.append(run);
            }
            tail.bytes -= run.bytes.len();
            tail.runs.pop_front();
        }
        if !taken.is_empty() || tail.next <= from {
            return Taken::Leaves(taken);
        }
        let until = tail.runs.front().map_or(tail.next, |run| run.first);
        Taken::Stored(until.min(from + u64::from(limit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: u64, count: usize) -> Placing {
        let mut contents = Contents::at(first);
        (0..count).for_each(|i| contents.push(&[first as u8 + i as u8; 3]));
        Placing([Contents::default(), contents])
    }

    fn take(fresh: &Fresh, from: u64, limit: u32) -> Result<Vec<u8>, u64> {
        match fresh.take(Log::Devices, from, limit) {
            Taken::Leaves(contents) => Ok(contents.iter().map(|content| content[0]).collect()),
            Taken::Stored(until) => Err(until),
        }
    }

    #[test]
    fn leaves_are_taken_in_order_and_once() {
        let fresh = Fresh::new(&run(10, 0));
        assert_eq!(take(&fresh, 10, 5), Ok(vec![]), "nothing waits");
        fresh.add(&run(10, 2));
        fresh.add(&run(12, 3));
        fresh.add(&run(15, 1));
        assert_eq!(take(&fresh, 10, 5), Ok(vec![10, 11, 12, 13, 14]));
        assert_eq!(take(&fresh, 15, 5), Ok(vec![15]));
        assert_eq!(take(&fresh, 16, 5), Ok(vec![]));
        assert_eq!(take(&fresh, 10, 5), Err(15), "a run that failed reads the store");
        assert_eq!(take(&fresh, 10, 50), Err(16));
    }

    #[test]
    fn what_is_not_in_memory_comes_from_the_store() {
        let fresh = Fresh::new(&run(100, 0));
        assert_eq!(take(&fresh, 40, 1000), Err(100), "from before the start");
        let large = |first: u64, count: usize| {
            let mut contents = Contents::at(first);
            (0..count).for_each(|_| contents.push(&[7; 1 << 20]));
            Placing([Contents::default(), contents])
        };
        fresh.add(&large(100, 8));
        fresh.add(&large(108, 1));
        assert_eq!(take(&fresh, 100, 1).map(|taken| taken.len()), Ok(8));
        fresh.add(&run(109, 1));
        assert_eq!(take(&fresh, 108, 10), Err(109), "it was too much to hold");
        assert_eq!(take(&fresh, 109, 10), Ok(vec![109]));
    }

    #[test]
    fn a_mark_takes_places_back() {
        let mut placing = run(5, 3);
        let mark = [0, 1];
        placing.back_to(mark);
        assert_eq!((placing.next(Log::Devices), placing.mark(), placing.any()), (6, mark, true));
        assert_eq!(placing.after().next(Log::Devices), 6);
        assert!(!placing.after().any());
    }
}
