//! The password that a device has at birth: what the platform keeps of it, and how the line hands it over.
//!
//! Invariant: the password itself never comes here; it stays with the line and on the label.

use crate::device::{Device, DeviceError, Said, Stage, Step};
use crate::event::EventKind;
use crate::id::DeviceRow;
use crate::time::Timestamp;

/// How the password of a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CredentialState {
    /// There is none.
    None = 0,
    /// That of the label.
    Initial,
    /// Its owner chose another.
    Changed,
}

impl CredentialState {
    /// All, in the order of their codes.
    pub const ALL: [CredentialState; 3] = [CredentialState::None, CredentialState::Initial, CredentialState::Changed];
}

/// What is kept of an initial password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// Sixteen random bytes.
    pub salt: [u8; 16],
    /// HMAC-SHA256 under the salt over the password as it is printed, hyphens included.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(…)")
    }
}

impl Digest {
    /// Whether both are the same, in a time that tells nothing.
    pub fn is(&self, other: &Digest) -> bool {
        let pairs = self.salt.iter().zip(&other.salt).chain(self.hash.iter().zip(&other.hash));
        pairs.fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

/// The password of a device, as the platform knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The device.
    pub device: DeviceRow,
    /// How it stands.
    pub state: CredentialState,
    /// What is kept of the initial one.
    pub initial: Option<Digest>,
    /// Since when it stands so.
    pub changed_at: Timestamp,
}

/// Why a confirmation does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// The device's life forbids it.
    #[error(transparent)]
    Life(#[from] DeviceError),
    /// It was confirmed with another password.
    #[error("this device was confirmed with another initial password; a unit keeps the one that it was given first")]
    Another,
    /// It left the line without one.
    #[error("this device is already {0}; an initial password is given at the line")]
    TooLate(&'static str),
}

/// The line read the device back, and says which initial password it has. The same again changes nothing.
pub fn confirm(
    device: Device,
    known: Option<&Credential>,
    given: Option<Digest>,
    said: Said,
    now: Timestamp,
) -> Result<(Step, Option<Credential>), ConfirmError> {
    let (row, stage) = (device.row, device.stage);
    let by = said.by;
    let mut step = device.confirm(said, now)?;
    let initial = match (known.and_then(|known| known.initial), given) {
        (_, None) => None,
        (Some(known), Some(given)) if known.is(&given) => None,
        (Some(_), Some(_)) => return Err(ConfirmError::Another),
        (None, Some(_)) if stage > Stage::Made => return Err(ConfirmError::TooLate(stage.name())),
        (None, Some(given)) => Some(given),
    };
    let Some(initial) = initial else { return Ok((step, None)) };
    if step.events.is_empty() {
        // confirmed from the start: that the line read it back is news all the same
        step.event(EventKind::Confirmed, now, serde_json::json!({ "by": by }));
    }
    for event in &mut step.events {
        event.data["credential"] = "initial".into();
    }
    let credential =
        Credential { device: row, state: CredentialState::Initial, initial: Some(initial), changed_at: now };
    Ok((step, Some(credential)))
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
