//! Certification authorities: the platform's root and what it issues from.

use crate::id::{AuthorityRow, OrganisationRow, Uuid};
use crate::time::Timestamp;

/// What an authority issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum AuthorityKind {
    /// The platform's root: signs authorities only.
    Root,
    /// IDevIDs of one maker.
    Idevid,
    /// LDevIDs of the devices of one owner.
    Ldevid,
}

/// An authority.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Row.
    pub row: AuthorityRow,
    /// Outward id; part of `/ca/{id}.crt` and `/crl/{id}/{shard}.crl`.
    pub uid: Uuid,
    /// What it issues.
    pub kind: AuthorityKind,
    /// For whom; the platform for the root.
    pub organisation: OrganisationRow,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Its private key, sealed; absent when the key lies elsewhere (the root after it went offline).
    pub sealed_key: Option<Vec<u8>>,
    /// CRL shards of its certificates, a power of two.
    pub shards: u16,
    /// Since when it is here.
    pub created_at: Timestamp,
}
