//! When devices were last heard from: kept in memory, written in batches.
//!
//! Why here: a poll must not cost a write. What a crash takes is the last few seconds of it.

use crate::cx::Inner;
use crate::error::Result;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tegata_domain::id::DeviceRow;
use tegata_domain::measure::Counter;
use tegata_domain::time::Timestamp;

/// How many devices may wait; news of more are dropped rather than memory taken.
const WAITING: usize = 1_000_000;
/// How many rows are written in one transaction.
const TOGETHER: usize = 2_000;

/// Who was heard from since the last flush.
#[derive(Default)]
pub struct Seen {
    waiting: Mutex<HashMap<DeviceRow, Timestamp>>,
    dropped: Counter,
}

/// How full the memory of last signs of life is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// Devices that wait to be written down.
    pub waiting: u64,
    /// How many may.
    pub room: u64,
    /// Signs of life that found no room.
    pub dropped: u64,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceRow, Timestamp>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a device was heard from.
    pub fn note(&self, device: DeviceRow, at: Timestamp) {
        let mut waiting = self.lock();
        if waiting.len() < WAITING || waiting.contains_key(&device) {
            waiting.insert(device, at);
        } else {
            self.dropped.one();
        }
    }

    /// How full it is.
    pub fn filled(&self) -> Filled {
        Filled { waiting: self.lock().len() as u64, room: WAITING as u64, dropped: self.dropped.read() }
    }

    /// What a giver of the device did with it is not the taker's to know.
    pub(crate) fn forget(&self, device: DeviceRow) {
        self.lock().remove(&device);
    }

    /// When a device was last heard from; `written` is what the store has.
    pub(crate) fn last(&self, device: DeviceRow, written: Option<Timestamp>) -> Option<Timestamp> {
        // another node may have heard it after this one did
        self.lock().get(&device).copied().max(written)
    }

    /// Takes back what could not be written down, where nothing newer came.
    fn give_back(&self, all: &[(DeviceRow, Timestamp)]) {
        let mut waiting = self.lock();
        for (device, at) in all {
            if waiting.len() < WAITING || waiting.contains_key(device) {
                let noted = waiting.entry(*device).or_insert(*at);
                *noted = (*noted).max(*at);
            } else {
                self.dropped.one();
            }
        }
    }

    fn take(&self) -> HashMap<DeviceRow, Timestamp> {
        let mut waiting = self.lock();
        // as many will be heard from until the next time
        let next = HashMap::with_capacity(waiting.len());
        std::mem::replace(&mut *waiting, next)
    }
}

/// Writes down who was heard from; answers how many.
pub async fn flush(cx: &Inner) -> Result<usize> {
    let mut waiting: Vec<_> = cx.seen.take().into_iter().collect();
    waiting.sort_unstable();
    for (done, together) in waiting.chunks(TOGETHER).enumerate() {
        if let Err(error) = cx.store.seen().note(together.to_vec()).await {
            cx.seen.give_back(&waiting[done * TOGETHER..]);
            return Err(error.into());
        }
    }
    Ok(waiting.len())
}
