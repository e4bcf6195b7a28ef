//! Versions of things, so that what was read may be kept: whoever reads notes the version first, and what was read holds
//! for as long as the version stays. A commit moves the versions of all that it touched before it is acknowledged.
//!
//! Many things share a version (the table has a fixed size), so one that moved says "perhaps changed", one that stayed
//! says "certainly not".

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
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
    fn place(self) -> usize {
        let mixed = match self {
            Thing::Device(row) => row.0 as u64,
            // rows of certificates run beside those of devices: kept apart
            Thing::Certificate(row) => !(row.0 as u64),
        };
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize
    }
}

/// The table.
pub(crate) struct Versions(Box<[AtomicU32]>);

impl Default for Versions {
    fn default() -> Self {
        Versions((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }
}

impl Versions {
    pub(crate) fn of(&self, thing: Thing) -> u32 {
        self.0[thing.place()].load(SeqCst)
    }

    /// Moves the version of a thing.
    pub(crate) fn moved(&self, thing: Thing) {
        self.0[thing.place()].fetch_add(1, SeqCst);
    }
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
        // nothing was known of it before
        Write::Made(_) => None,
        // devices that a campaign takes in are touched one by one, beside this
        Write::Fill(_) | Write::Campaign(_) | Write::CampaignStep(_) => None,
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
        | Write::OfferEnd(_) => None,
        // of no device
        Write::Organisation(_)
        | Write::Account(_)
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
