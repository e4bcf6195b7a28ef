//! From hand to hand: the owner offers a device under a code, and whoever has the code takes it over.
//!
//! Invariant: until the claim the giver owns the device; with the claim a new owner period begins.

use crate::device::{Device, DeviceError, Said, Stage, Step};
use crate::event::EventKind;
use crate::id::{DeviceRow, OrganisationRow};
use crate::number::Number;
use crate::time::Timestamp;
use serde_json::json;
use std::time::Duration;

/// How long a code holds when nothing else is said.
pub const OFFER_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The longest life of a code.
pub const OFFER_LIFE_MAX: Duration = Duration::from_secs(90 * 24 * 3600);

/// A one-time code: 80 random bits, written like a management number. Only its digest is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(Number);

impl Code {
    /// From random bytes.
    pub fn of(random: [u8; 10]) -> Self {
        Code(Number::of_bits(random))
    }

    /// Reads a code; case and hyphens are ignored, I and L read as 1, O as 0.
    pub fn parse(text: &str) -> Option<Self> {
        Number::parse(text).ok().map(Code)
    }

    /// As it is shown, in groups of four.
    pub fn text(&self) -> String {
        self.0.to_string()
    }
}

/// An offer that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The device.
    pub device: DeviceRow,
    /// Who gives it.
    pub giver: OrganisationRow,
    /// The owner period that it was made in.
    pub period: u32,
    /// Digest of the code.
    pub hash: [u8; 32],
    /// Who alone may take it.
    pub to: Option<OrganisationRow>,
    /// A word to who takes it; it goes with the offer.
    pub reason: Option<String>,
    /// Since when it stands.
    pub offered_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// What is written when a device is taken over.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The device.
    pub device: DeviceRow,
    /// Digest of the code: its offer stands.
    pub hash: [u8; 32],
    /// The new owner.
    pub owner: OrganisationRow,
    /// The new owner period.
    pub period: u32,
    /// Its epoch key.
    pub epoch_key: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// Why a device does not change hands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// Its life forbids.
    #[error(transparent)]
    Life(#[from] DeviceError),
    /// The end of the offer is too near or too far.
    #[error("a code holds until a time in the future, at most 90 days from now")]
    Expiry,
    /// Its own owner would take it.
    #[error("this device is yours already; the code is for who takes it over")]
    Own,
    /// The code is too old.
    #[error("this code expired at {0}; ask the owner for a new one")]
    Expired(String),
    /// It is no code, was used, replaced or taken back, or is for somebody else: no difference is told.
    #[error("this code opens nothing: compare it with what you got; it may have been used, replaced or taken back")]
    Unknown,
}

/// Whether `device` may be offered until `expires_at`.
pub fn offer(device: &Device, expires_at: Timestamp, now: Timestamp) -> Result<(), TransferError> {
    device.movable()?;
    if expires_at <= now || expires_at > now.plus(OFFER_LIFE_MAX) {
        return Err(TransferError::Expiry);
    }
    Ok(())
}

impl Offer {
    /// The device in the hand of `claimer`. The event tells nobody's name.
    pub fn claim(&self, device: Device, claimer: OrganisationRow, now: Timestamp) -> Result<Step, TransferError> {
        let stands = (self.device, self.giver, self.period) == (device.row, device.owner, device.period);
        if !stands || self.to.is_some_and(|to| to != claimer && claimer != device.owner) {
            return Err(TransferError::Unknown);
        }
        if claimer == device.owner {
            return Err(TransferError::Own);
        }
        if now >= self.expires_at {
            return Err(TransferError::Expired(self.expires_at.rfc3339()));
        }
        device.movable()?;
        let mut step = Step::new(Device { owner: claimer, period: device.period + 1, ..device });
        match step.device.stage < Stage::Sold {
            true => step.reach(Stage::Sold, Said::by("owner"), "claimed", now),
            false => step.event(EventKind::Transferred, now, json!({ "by": "owner", "evidence": "claimed" })),
        }
        Ok(step)
    }
}

#[cfg(test)]
#[path = "transfer_tests.rs"]
mod tests;
