//! What was acknowledged: all of it must be there at the end.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tegata_testkit::factory::Unit;

/// A device as its line was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Management number.
    pub number: String,
    /// Outward id.
    pub device: String,
    /// The IDevID, base64.
    pub certificate: String,
}

/// A device that was acknowledged, and what it was asked with.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The answer.
    pub made: Made,
    /// The batch that it was asked for under.
    pub batch: String,
    /// The request, as it was sent.
    pub line: String,
}

/// A batch that was opened.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// What it permits.
    pub quantity: usize,
    /// One line too many was refused.
    pub full: bool,
}

/// All of it.
#[derive(Default)]
pub struct Known {
    /// By serial.
    pub devices: BTreeMap<String, Asked>,
    /// By the begin of the serials of their devices.
    pub batches: BTreeMap<String, Batch>,
    /// Number, and an operational certificate (DER).
    pub enrolled: Vec<(String, Vec<u8>)>,
    /// Number, kind of event, its sequence number.
    pub acts: Vec<(String, &'static str, u64)>,
    /// Number, and the IDevID that was revoked (DER).
    pub revoked: Vec<(String, Vec<u8>)>,
    /// Model and id.
    pub products: Vec<(String, String)>,
    /// Lines that were asked again, since the server died before it answered.
    pub again: usize,
}

impl Known {
    /// How much was acknowledged.
    pub fn count(&self) -> usize {
        let others = self.enrolled.len() + self.acts.len() + self.revoked.len() + self.products.len();
        self.devices.len() + self.batches.len() + others
    }
}

/// Shared by all who work.
#[derive(Default)]
pub struct Memory {
    known: Mutex<Known>,
    /// Devices that wait to be enrolled or acted upon.
    pool: Mutex<Vec<Unit>>,
}

/// More need not wait in the pool.
const POOL: usize = 500;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// What is known.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    /// Keeps a device for the field, if there are not enough.
    pub fn keep(&self, unit: Unit) {
        let mut pool = lock(&self.pool);
        if pool.len() < POOL {
            pool.push(unit);
        }
    }

    /// Takes a device for the field.
    pub fn take(&self) -> Option<Unit> {
        lock(&self.pool).pop()
    }
}
