//! Enrolment: a device that proved its IDevID gets an operational certificate (LDevID) of its present owner.

use crate::device::{Condition, Device, Said, Stage, Step};
use crate::event::EventKind;
use crate::time::Timestamp;
use serde_json::json;

/// Why a device may not enrol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// Its life ended.
    #[error("this device was retired; it can no longer enrol")]
    Retired,
    /// It is held.
    #[error("this device is quarantined; its owner can release it")]
    Quarantined,
    /// It was recalled.
    #[error("this device was recalled by its maker; follow the recall")]
    Recalled,
    /// The line never confirmed it.
    #[error("the production line has not confirmed this device")]
    Unconfirmed,
    /// An IDevID is never renewed.
    #[error("an IDevID is never renewed; enrol with it")]
    NotRenewable,
    /// The operational certificate belongs to an earlier owner.
    #[error("this certificate was issued to an earlier owner; enrol again with the IDevID")]
    EarlierOwner,
}

/// Whether the life of `device` lets it use any service.
pub fn admits(device: &Device) -> Result<(), EnrolmentError> {
    if device.stage == Stage::Retired {
        return Err(EnrolmentError::Retired);
    }
    match device.condition {
        Condition::Quarantined => Err(EnrolmentError::Quarantined),
        Condition::Recalled => Err(EnrolmentError::Recalled),
        Condition::Well | Condition::Suspect if !device.confirmed => Err(EnrolmentError::Unconfirmed),
        Condition::Well | Condition::Suspect => Ok(()),
    }
}

/// The device's life after it enrolled: *installed* when nobody had said so, stages that nobody reported presumed.
pub fn enrol(device: Device, certificate_digest: &str, now: Timestamp) -> Result<Step, EnrolmentError> {
    admits(&device)?;
    let mut step = Step::new(device);
    step.reach(Stage::Installed, Said::by("device"), "enrolled over EST", now);
    step.event(EventKind::Enrolled, now, json!({ "by": "device", "certificate": certificate_digest }));
    Ok(step)
}

/// The device's life after its operational certificate was renewed.
pub fn renew(device: Device, period: u32, certificate_digest: &str, now: Timestamp) -> Result<Step, EnrolmentError> {
    admits(&device)?;
    if period != device.period {
        return Err(EnrolmentError::EarlierOwner);
    }
    let mut step = Step::new(device);
    step.event(EventKind::Renewed, now, json!({ "by": "device", "certificate": certificate_digest }));
    Ok(step)
}
