//! API tokens of programs.

use crate::id::{OrganisationRow, TokenRow, Uuid};
use crate::permit::Role;
use crate::time::Timestamp;

/// An API token; its secret is known to its holder alone.
#[derive(Debug, Clone)]
pub struct Token {
    /// Row.
    pub row: TokenRow,
    /// Outward id.
    pub uid: Uuid,
    /// The organisation that it acts for.
    pub organisation: OrganisationRow,
    /// A name for people.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// SHA-256 of the secret: 256 random bits need no slow hash.
    pub hash: [u8; 32],
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended by hand.
    pub ended_at: Option<Timestamp>,
}

/// The longest life of a token.
pub const TOKEN_LIFE_MAX: std::time::Duration = std::time::Duration::from_secs(366 * 24 * 3600);

impl Token {
    /// Whether it opens anything at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}
