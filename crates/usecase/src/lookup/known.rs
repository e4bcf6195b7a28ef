//! Look-ups from memory: what a device last showed holds while nothing of it changed (ADR 21).
//!
//! Kept is what was asked for twice within a short while, since most numbers are looked up once, and the copies would
//! only push each other out; and only when all events are under a published checkpoint, so that no later one shows more.
//! Invariant: an answer from memory is one that the store would have led to at a moment after the request began, but for
//! the time that it tells, which is the present one. The device's version is noted before the store is read.

use crate::cx::Inner;
use crate::memory::{self, Counts, Taken};
use bytes::Bytes;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use tegata_domain::id::DeviceRow;
use tegata_domain::lookup::Lookup;
use tegata_domain::number::Number;
use tegata_domain::time::{Month, Timestamp};
use tegata_store::version::Thing;

/// Numbers that were asked for lately, by their spread: a mark each.
const ASKED: usize = 1 << 16;

/// An answer as it is sent, but for its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its entity tag.
    pub tag: Bytes,
    /// Its body, up to the time.
    pub body: Bytes,
}

/// What an answer will rest on, noted before any of it is read.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    pub(super) device: DeviceRow,
    /// Not known: nothing is kept on it.
    pub(super) version: Option<u32>,
}

struct Kept {
    device: DeviceRow,
    version: u32,
    /// Support ends with a month.
    month: Month,
    answer: Answer,
}

/// Answers to look-ups, in memory.
pub struct Memory {
    kept: memory::Memory<Kept>,
    asked: Box<[AtomicU32]>,
}

impl Memory {
    /// For at most so many devices.
    pub fn of(entries: usize) -> Self {
        Memory { kept: memory::Memory::of(entries), asked: (0..ASKED).map(|_| AtomicU32::new(0)).collect() }
    }

    /// Whether this number was asked for lately; from now on it was.
    fn again(&self, number: Number) -> bool {
        let spread = number.spread();
        let mark = (spread >> 32) as u32 | 1;
        self.asked[spread as usize / memory::SHARDS % ASKED].swap(mark, Relaxed) == mark
    }

    /// What it did.
    pub fn counts(&self) -> Counts {
        self.kept.counts()
    }
}

/// The answer that is kept for a number, if it still holds, and the present.
pub fn known(number: Number, cx: &Inner) -> Option<(Answer, Timestamp)> {
    if !cx.lookups.kept.keeps() {
        return None;
    }
    let now = cx.reading().ok()?;
    let answer = cx.lookups.kept.get(number, |kept| {
        let same = cx.store.version(Thing::Device(kept.device)) == Some(kept.version);
        match same && kept.month == now.month() {
            true => Taken::Answer(kept.answer.clone()),
            false => Taken::Nothing,
        }
    })?;
    Some((answer, now))
}

/// Keeps what `lookup` was answered with, where it is worth it and depends on nothing else.
pub fn keep(ticket: Ticket, lookup: &Lookup, answer: impl FnOnce() -> Answer, cx: &Inner) {
    let Some(version) = ticket.version else { return };
    let whole = lookup.proved >= lookup.head.0;
    if cx.lookups.kept.keeps() && whole && cx.lookups.again(lookup.number) {
        let kept = Kept { device: ticket.device, version, month: lookup.at.month(), answer: answer() };
        cx.lookups.kept.put(lookup.number, |_| kept);
    }
}
