//! Certificates of devices.

use crate::id::{AuthorityRow, CertificateRow, DeviceRow};
use crate::revocation::Reason;
use crate::time::Timestamp;

/// What a certificate is for (IEEE 802.1AR).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CertificateKind {
    /// Initial device identity, written at manufacture.
    Idevid,
    /// Locally significant identity, of the present owner.
    Ldevid,
}

/// A certificate that this platform issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Row; its permutation is part of the serial.
    pub row: CertificateRow,
    /// The random bytes of the serial.
    pub random: [u8; 8],
    /// The device.
    pub device: DeviceRow,
    /// The issuer.
    pub authority: AuthorityRow,
    /// What it is for.
    pub kind: CertificateKind,
    /// The owner period that it was issued in.
    pub period: u32,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// First 16 bytes of the SHA-256 of its public key; of an operational certificate only, since that of an IDevID
    /// stands with its device.
    pub key: Option<[u8; 16]>,
    /// When it ends.
    pub not_after: Timestamp,
    /// When and why it was revoked.
    pub revoked: Option<(Timestamp, Reason)>,
}

impl Certificate {
    /// Why it opens nothing at `now`, if so.
    pub fn refusal(&self, now: Timestamp) -> Option<CertificateRefusal> {
        if let Some((at, reason)) = self.revoked {
            Some(CertificateRefusal::Revoked { at: at.rfc3339(), reason })
        } else if now >= self.not_after {
            Some(CertificateRefusal::Expired { at: self.not_after.rfc3339() })
        } else {
            None
        }
    }
}

/// Why a certificate of ours opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefusal {
    /// Its time is over.
    #[error("this certificate expired at {at}; enrol again with the certificate from manufacture (IDevID)")]
    Expired {
        /// When.
        at: String,
    },
    /// It was revoked.
    #[error("this certificate was revoked at {at} ({reason}); ask the owner or the maker")]
    Revoked {
        /// When.
        at: String,
        /// Why.
        reason: Reason,
    },
}
