//! Revocation: a certificate ends before its time.

use crate::certificate::CertificateKind;
use crate::device::{Condition, Device, Step};
use crate::event::EventKind;
use crate::time::Timestamp;
use serde_json::json;
use std::fmt;

/// Why a certificate was revoked: the codes of RFC 5280 §5.3.1 that this platform gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Reason {
    /// No reason is told.
    Unspecified = 0,
    /// The private key may be known to others.
    KeyCompromise = 1,
    /// The device changed hands.
    AffiliationChanged = 3,
    /// Another certificate took its place.
    Superseded = 4,
    /// The device is out of use.
    CessationOfOperation = 5,
}

impl Reason {
    /// From the code in the store.
    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Reason::KeyCompromise,
            3 => Reason::AffiliationChanged,
            4 => Reason::Superseded,
            5 => Reason::CessationOfOperation,
            _ => Reason::Unspecified,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Unspecified => "unspecified",
            Reason::KeyCompromise => "key compromise",
            Reason::AffiliationChanged => "owner changed",
            Reason::Superseded => "superseded",
            Reason::CessationOfOperation => "cessation of operation",
        })
    }
}

/// A CRL of one authority and shard, as published.
#[derive(Debug, Clone)]
pub struct Crl {
    /// CRL number (RFC 5280 §5.2.3), rising.
    pub number: i64,
    /// DER.
    pub der: Vec<u8>,
    /// When a newer one is due.
    pub next_update: crate::time::Timestamp,
}

/// The device's life after one of its certificates was revoked (digest, reason, who). Whose identity from manufacture
/// was taken back is not vouched for any more: it is suspect until it is repaired.
pub fn revoked(
    mut device: Device,
    kind: CertificateKind,
    (digest, reason, by): (&str, Reason, &'static str),
    now: Timestamp,
) -> Step {
    if kind == CertificateKind::Idevid && device.condition == Condition::Well {
        device.condition = Condition::Suspect;
    }
    let mut step = Step::new(device);
    step.event(EventKind::Revoked, now, json!({ "by": by, "certificate": digest, "why": reason }));
    step
}
