//! When devices were last heard from: kept in memory, written in batches.
//!
//! Why here: a poll must not cost a write. What a crash takes is the last few seconds of it.

use crate::cx::Inner;
use crate::error::Result;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// How many devices may wait; news of more are dropped rather than memory taken.
const WAITING: usize = 1_000_000;
/// How many rows are written in one transaction.
const TOGETHER: usize = 2_000;

/// Who was heard from since the last flush.
#[derive(Default)]
pub struct Seen(Mutex<HashMap<DeviceRow, Timestamp>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceRow, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a device was heard from.
    pub fn note(&self, device: DeviceRow, at: Timestamp) {
        let mut waiting = self.lock();
        if waiting.len() < WAITING || waiting.contains_key(&device) {
            waiting.insert(device, at);
        }
    }

    /// What a giver of the device did with it is not the taker's to know.
    pub(crate) fn forget(&self, device: DeviceRow) {
        self.lock().remove(&device);
    }

    fn noted(&self, device: DeviceRow) -> Option<Timestamp> {
        self.lock().get(&device).copied()
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
    for together in waiting.chunks(TOGETHER) {
        cx.store.seen().note(together.to_vec()).await?;
    }
    Ok(waiting.len())
}

/// When a device was last heard from.
pub(crate) async fn last(device: DeviceRow, cx: &Inner) -> Result<Option<Timestamp>> {
    match cx.seen.noted(device) {
        Some(at) => Ok(Some(at)),
        None => Ok(cx.store.seen().at(device).await?),
    }
}
