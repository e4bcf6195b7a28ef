//! The record of administrative acts.

use crate::id::OrganisationRow;
use crate::time::Timestamp;

/// One act: who did what to what, with which outcome.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// For which organisation.
    pub organisation: Option<OrganisationRow>,
    /// The actor, as its credential is called (never a secret).
    pub actor: String,
    /// The operation, as [`crate::permit::Operation::name`].
    pub operation: String,
    /// What it touched, as an outward id or a masked number.
    pub subject: String,
}
