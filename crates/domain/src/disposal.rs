//! The end of a device's secrets: it signs that it erased them, or a witness says so, or nobody does.

use crate::device::{Device, DeviceError, Said, Step};
use crate::id::DeviceRow;
use crate::time::Timestamp;

/// Who confirmed that a device's secrets are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Erasure {
    /// Nobody.
    Unconfirmed = 0,
    /// A person who saw it.
    Witnessed,
    /// The device, with the key of its identity from manufacture.
    Signed,
}

impl Erasure {
    /// All, in the order of their codes.
    pub const ALL: [Erasure; 3] = [Erasure::Unconfirmed, Erasure::Witnessed, Erasure::Signed];

    /// Its word in events and in the API.
    pub fn name(self) -> &'static str {
        ["unconfirmed", "witnessed", "signed"][self as usize]
    }
}

/// What is known of a device's disposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// The device.
    pub device: DeviceRow,
    /// When its owner asked it to erase itself.
    pub requested_at: Option<Timestamp>,
    /// When its life ended.
    pub ended_at: Option<Timestamp>,
    /// Who confirmed that its secrets are gone.
    pub erasure: Erasure,
    /// What the device stated, and its signature.
    pub receipt: Option<(String, Vec<u8>)>,
}

/// Ends a life with what is told of its secrets.
fn end(device: Device, said: Said, erasure: Erasure, now: Timestamp) -> Result<Step, DeviceError> {
    let mut step = device.retire(said, now)?;
    if let Some(data) = step.events.last_mut().and_then(|event| event.data.as_object_mut()) {
        data.insert("erasure".into(), erasure.name().into());
    }
    Ok(step)
}

/// Who confirmed the erasure, when a person ends a life.
pub fn erasure_of(said: &Said) -> Erasure {
    if said.witness.is_some() { Erasure::Witnessed } else { Erasure::Unconfirmed }
}

/// A person ends the device's life. Its certificates are to be revoked in the same change.
pub fn retire(device: Device, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
    let erasure = erasure_of(&said);
    end(device, said, erasure, now)
}

/// The device ends its own life: it destroyed these keys, and its signed statement has this digest (hex).
pub fn sign_off(device: Device, keys: &[String], receipt: &str, now: Timestamp) -> Result<Step, DeviceError> {
    let mut step = end(device, Said::by("device"), Erasure::Signed, now)?;
    if let Some(data) = step.events.last_mut().and_then(|event| event.data.as_object_mut()) {
        data.insert("keys_destroyed".into(), keys.into());
        data.insert("receipt".into(), receipt.into());
    }
    Ok(step)
}

#[cfg(test)]
#[path = "disposal_tests.rs"]
mod tests;
