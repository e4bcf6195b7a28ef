//! Versions of things, so that what was read may be kept: whoever reads notes the version first, and what was read holds
//! for as long as the version stays. A commit moves the versions of all that it touched before it is acknowledged.
//!
//! Many things share a version (the table has a fixed size), so one that moved says "perhaps changed", one that stayed
//! says "certainly not".

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::SeqCst};
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
    /// Milliseconds since boot until which the database is the one that all nodes write to; without an end where nobody
    /// asks.
    leads: AtomicI64,
    /// Where the leaves of the device log end that were placed for devices of a place, at most: 0 for none since the
    /// start. 2 MiB.
    leaves: Box<[AtomicU64]>,
    /// Where they ended at the start.
    floor: u64,
}

impl Versions {
    /// Of a store whose device log ends at `floor`.
    pub(crate) fn new(floor: u64) -> Self {
        Versions {
            table: (0..PLACES).map(|_| AtomicU32::new(0)).collect(),
            all: AtomicU32::new(0),
            until: AtomicI64::new(i64::MAX),
            leads: AtomicI64::new(i64::MAX),
            leaves: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            floor,
        }
    }

    /// `None` while this process may not have heard what others wrote.
    pub(crate) fn of(&self, thing: Thing) -> Option<u32> {
        let until = self.until.load(SeqCst).min(self.leads.load(SeqCst));
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

    /// From `asked` on somebody asks whether commits pass; the first is waited for.
    pub(crate) fn asks(&self, asked: i64, holds: Duration) {
        let until = asked + holds.as_millis() as i64;
        let _asked_before = self.leads.compare_exchange(i64::MAX, until, SeqCst, SeqCst);
    }

    /// A commit that began at `asked` passed: whoever else may take writes by now began after that.
    pub(crate) fn led(&self, asked: i64, holds: Duration) {
        self.leads.store(asked + holds.as_millis() as i64, SeqCst);
    }

    /// Nobody asks any more whether commits pass.
    pub(crate) fn unasked(&self) {
        self.leads.store(i64::MAX, SeqCst);
    }

    /// It is not, or this program may not write to it any more.
    pub(crate) fn lost(&self) {
        self.leads.store(0, SeqCst);
    }

    /// Whether what the database says is what all nodes wrote.
    pub(crate) fn leads(&self) -> bool {
        let until = self.leads.load(SeqCst);
        until == i64::MAX || since_boot() < until
    }

    /// The leaves of a device end before `end`. Said before the commit of its events, so that who sees them finds this.
    pub(crate) fn placed(&self, device: DeviceRow, end: u64) {
        self.leaves[Thing::Device(device).place()].fetch_max(end, SeqCst);
    }

    /// Whether all events of a device, as it was read just now, stand in the log below `size`. False says perhaps not.
    /// It knows of what this process placed, so it is asked only where nobody else writes.
    pub(crate) fn all_below(&self, device: DeviceRow, size: u64) -> bool {
        size >= self.floor && size >= self.leaves[Thing::Device(device).place()].load(SeqCst)
    }
}

/// Milliseconds since boot. It goes on while the machine sleeps, so whoever slept knows nothing.
pub(crate) fn since_boot() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

/// What a write touches, where it may have been read before. Every write has its arm: one that is new does not compile
/// before somebody judged what answers that are kept (ADR 17, ADR 21) say of it.
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
        Write::DisposalAsk(device, ..) => Some(Thing::Device(*device)),
        Write::DisposalEnd(end) => Some(Thing::Device(end.device)),
        Write::Alarm(device, _) | Write::Exempt(device, ..) => Some(Thing::Device(*device)),
        Write::Challenge(asked) => Some(Thing::Device(asked.device)),
        Write::ChallengeAnswer(told) => Some(Thing::Device(told.0.device)),
        // nothing was known of it before
        Write::Made(_) => None,
        // devices that a campaign takes in are touched one by one, beside this
        Write::Fill(_) | Write::Campaign(_) | Write::CampaignStep(_) => None,
        // the device itself is touched by the write beside it
        Write::Bulk(_) => None,
        // of a device, but nothing that is kept in memory says any of it
        Write::Credential(_)
        | Write::Finding(_)
        | Write::FindingOpen(_)
        | Write::FindingClose(..)
        | Write::FindingEnd(..)
        | Write::Session(_)
        | Write::SessionEpoch(_)
        | Write::InitialPassword { .. }
        | Write::Notice(_)
        | Write::NoticeSent(..)
        | Write::NoticeTried(..)
        | Write::NoticeReceipt(..)
        | Write::Offer(_)
        | Write::Report(_)
        | Write::OfferEnd(_) => None,
        // of no device
        Write::Organisation(_)
        | Write::Person(_)
        | Write::Token(_)
        | Write::TokenEnd(..)
        | Write::Authority(_)
        | Write::Product(_)
        | Write::Batch(_)
        | Write::Fact(_)
        | Write::Release(_)
        | Write::ReleaseKey(_)
        | Write::ReleaseKeyEnd(..)
        | Write::Contact(..)
        | Write::Erasure { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_below_a_checkpoint() {
        let versions = Versions::new(100);
        let (one, two) = (DeviceRow(1), DeviceRow(2));
        assert!(!versions.all_below(one, 99) && versions.all_below(one, 100));
        versions.placed(one, 120);
        versions.placed(one, 110);
        assert!(!versions.all_below(one, 119) && versions.all_below(one, 120) && versions.all_below(two, 100));
    }

    #[test]
    fn a_database_that_commits_nothing_is_not_believed() {
        let (versions, thing) = (Versions::new(0), Thing::Device(DeviceRow(1)));
        let (now, second) = (since_boot(), Duration::from_secs(1));
        versions.known_for(now, second * 60);
        assert!(versions.leads() && versions.of(thing).is_some(), "nobody asked");
        versions.asks(now - 2000, second);
        assert!(!versions.leads(), "not even the first commit passed");
        versions.led(now, second * 60);
        assert!(versions.leads() && versions.of(thing).is_some());
        versions.led(now - 2000, second);
        assert!(!versions.leads() && versions.of(thing).is_none());
        versions.unasked();
        assert!(versions.leads() && versions.of(thing).is_some());
    }

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
