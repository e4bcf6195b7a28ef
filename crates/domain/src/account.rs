//! Accounts of people: who they are to the platform, and by what they prove it.
//!
//! What an account may do stands in its memberships; where it is logged in, in its logins.

use crate::id::{AccountRow, PasskeyRow, Uuid};
use crate::notice::Language;
use crate::time::Timestamp;

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Row.
    pub row: AccountRow,
    /// Outward id; WebAuthn's user handle.
    pub uid: Uuid,
    /// Log-in name.
    pub name: String,
    /// Argon2id, PHC string; none for who comes in by passkey or provider alone.
    pub password_hash: Option<String>,
    /// In which language it is spoken to; the browser's where nothing was said.
    pub language: Option<Language>,
    /// The second factor, where one is set up.
    pub factor: Option<Factor>,
    /// Moves with each change: a decision rests on one.
    pub version: u32,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When password or factor were changed last.
    pub changed_at: Timestamp,
}

/// One-time codes as a second factor (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The seed, sealed.
    pub sealed: Vec<u8>,
    /// The step of the last code that was taken: none is taken twice.
    pub step: i64,
    /// A MAC of each recovery code that was not used.
    pub codes: Vec<[u8; 32]>,
}

/// A passkey: a key pair whose private half stays with its holder (WebAuthn).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Row.
    pub row: PasskeyRow,
    /// Outward id.
    pub uid: Uuid,
    /// Whose.
    pub account: AccountRow,
    /// Its id, as the browser tells it.
    pub credential: Vec<u8>,
    /// Public key and counter, as `keys` reads them.
    pub state: String,
    /// A name for people.
    pub name: String,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// The most passkeys of one account.
pub const PASSKEYS_MAX: usize = 20;

/// Longest log-in name.
pub const NAME_MAX: usize = 64;

/// Why a log-in name cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log-in name has 2 to 64 characters: letters a to z, digits, and . _ - @ +")]
pub struct NameError;

/// A log-in name as it is kept: small letters, so that nobody passes for another by writing it large.
pub fn name(typed: &str) -> Result<String, NameError> {
    let name = typed.trim().to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-@+".contains(c);
    if (2..=NAME_MAX).contains(&name.len()) && name.chars().all(fits) { Ok(name) } else { Err(NameError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_small() {
        assert_eq!(name(" Admin@Example.com "), Ok("admin@example.com".into()));
        for wrong in ["a", "", "with space", "tegata/手形", &"x".repeat(65)] {
            assert_eq!(name(wrong), Err(NameError), "{wrong}");
        }
    }
}
