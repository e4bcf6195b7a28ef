//! Versions of things, so that what was read may be kept: whoever reads notes the version first, and what was read holds
//! for as long as the version stays. A commit moves the versions of all that it touched before it is acknowledged.
//!
//! Many things share a version (the table has a fixed size), so one that moved says "perhaps changed", one that stayed
//! says "certainly not".

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::SeqCst};
use std::time::Duration;
use tegata_domain::change::Write;
use tegata_domain::id::{CertificateRow, DeviceRow};

/// Places in the table: 1 MiB.
const PLACES: usize = 1 << 18;

/// Something that has a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A device, and what hangs on it: its actions, its token, its session.
    Device(DeviceRow),
    /// A certificate.
    Certificate(CertificateRow),
}

impl Thing {
    pub(crate) fn place(self) -> usize {
        let mixed = match self {
            Thing::Device(row) => row.0 as u64,
            // rows of certificates run beside those of devices: kept apart
            Thing::Certificate(row) => !(row.0 as u64),
        };
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize
    }
}

/// The table.
pub(crate) struct Versions {
    table: Box<[AtomicU32]>,
    /// Moves with all of them.
    all: AtomicU32,
    /// Milliseconds since boot until which they are known; without an end where nobody else writes.
    until: AtomicI64,
}

impl Default for Versions {
    fn default() -> Self {
        let table = (0..PLACES).map(|_| AtomicU32::new(0)).collect();
        Versions { table, all: AtomicU32::new(0), until: AtomicI64::new(i64::MAX) }
    }
}

impl Versions {
    /// `None` while this process may not have heard what others wrote.
    pub(crate) fn of(&self, thing: Thing) -> Option<u32> {
        let until = self.until.load(SeqCst);
        let known = until == i64::MAX || since_boot() < until;
        known.then(|| self.table[thing.place()].load(SeqCst).wrapping_add(self.all.load(SeqCst)))
    }

    /// Moves the version at a place.
    pub(crate) fn moved_at(&self, place: usize) {
        if let Some(version) = self.table.get(place) {
            version.fetch_add(1, SeqCst);
        }
    }

    pub(crate) fn all_moved(&self) {
        self.all.fetch_add(1, SeqCst);
    }

    /// Others write too: nothing is known until they are heard.
    pub(crate) fn shared(&self) {
        self.until.store(0, SeqCst);
    }

    /// What was heard up to `now` holds for a while.
    pub(crate) fn known_for(&self, now: i64, holds: Duration) {
        self.until.store(now + holds.as_millis() as i64, SeqCst);
    }
}

/// Milliseconds since boot. It goes on while the machine sleeps, so whoever slept knows nothing.
pub(crate) fn since_boot() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

/// What a write touches, where it may have been read before.
pub(crate) fn touched(write: &Write) -> Option<Thing> {
    match write {
        Write::Device { device, .. } => Some(Thing::Device(device.row)),
        Write::Certificate(certificate) => Some(Thing::Device(certificate.device)),
        Write::Revocation(revocation) => Some(Thing::Certificate(revocation.certificate)),
        Write::Action(step) => Some(Thing::Device(step.action.device)),
        Write::Attributes(device, _) | Write::Consent(device, _) => Some(Thing::Device(*device)),
        Write::Running(running) => Some(Thing::Device(running.device)),
        Write::TargetToken(token) => Some(Thing::Device(token.device)),
        Write::Claim(claim) => Some(Thing::Device(claim.device)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_spread() {
        let mut seen = std::collections::HashSet::new();
        for row in 1..=10_000 {
            seen.insert(Thing::Device(DeviceRow(row)).place());
            seen.insert(Thing::Certificate(CertificateRow(row)).place());
        }
        assert!(seen.len() > 19_000, "{}", seen.len());
        assert!(seen.into_iter().all(|place| place < PLACES));
    }
}
