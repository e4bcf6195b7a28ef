//! Invitations into an organisation: links that work once.

use crate::id::{AccountRow, InvitationRow, OrganisationRow, Uuid};
use crate::permit::Role;
use crate::time::Timestamp;

/// An invitation into an organisation: a link that works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Row.
    pub row: InvitationRow,
    /// Outward id.
    pub uid: Uuid,
    /// Into which organisation.
    pub organisation: OrganisationRow,
    /// For whom, where it is a new way in for an account that is there.
    pub account: Option<AccountRow>,
    /// As what.
    pub role: Role,
    /// SHA-256 of its secret: 256 random bits.
    pub hash: [u8; 32],
    /// For whom, in the words of who invited.
    pub note: String,
    /// Since when it stands.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When somebody used it.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub ended_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether it opens anything at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.ended_at.is_none() && now < self.expires_at
    }
}

/// How long an invitation stands.
pub const INVITATION_LIFE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
