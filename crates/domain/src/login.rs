//! Logins: browsers in which a person is logged in, and how strongly that was proven.
//!
//! Invariant: a login acts for one organisation; another one takes another login.

use crate::id::{AccountRow, LoginRow, OrganisationRow, Uuid};
use crate::time::Timestamp;
use std::time::Duration;

/// How a person proved to be the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Strength {
    /// A password, or a provider that vouches for no more.
    Password = 1,
    /// That and a second factor.
    Factor,
    /// A passkey with the check of its holder: both in one.
    Passkey,
}

impl Strength {
    /// All, in the order of their codes, which begin with 1.
    pub const ALL: [Strength; 3] = [Strength::Password, Strength::Factor, Strength::Passkey];

    /// From its code.
    pub fn from_code(code: u8) -> Option<Strength> {
        Strength::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Row.
    pub row: LoginRow,
    /// Outward id.
    pub uid: Uuid,
    /// Who.
    pub account: AccountRow,
    /// For which organisation.
    pub organisation: OrganisationRow,
    /// SHA-256 of the secret that the browser holds: 256 random bits.
    pub hash: [u8; 32],
    /// SHA-256 of what proved it and must not prove another: a passkey's challenge, a code's step.
    pub proof: Option<[u8; 32]>,
    /// How strongly it was proven.
    pub strength: Strength,
    /// What the browser calls itself, shortened.
    pub agent: String,
    /// Since when it is here; a person proved to be there at that time.
    pub created_at: Timestamp,
    /// When it was last used, to within [`SEEN_STEP`].
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

/// How long a login holds without being used.
pub const IDLE: Duration = Duration::from_secs(12 * 3600);
/// How long it holds at the most.
pub const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long after the proof what opens doors is still permitted without another one.
pub const FRESH: Duration = Duration::from_secs(15 * 60);
/// How exactly its last use is written down.
pub const SEEN_STEP: Duration = Duration::from_secs(5 * 60);

impl Login {
    /// Whether it opens anything at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now.since(self.seen_at) < IDLE
    }

    /// Whether its holder proved to be there lately.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.created_at) < FRESH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        let at = Timestamp::from_millis(1_000_000);
        Login {
            row: LoginRow(1),
            uid: Uuid::nil(),
            account: AccountRow(1),
            organisation: OrganisationRow(1),
            hash: [0; 32],
            proof: None,
            strength: Strength::Password,
            agent: String::new(),
            created_at: at,
            seen_at: at,
            expires_at: at.plus(LIFE),
            ended_at: None,
        }
    }

    #[test]
    fn ends_when_unused_and_in_any_case() {
        let mut login = login();
        let at = login.created_at;
        assert!(login.holds(at) && login.holds(at.plus(IDLE - Duration::from_millis(1))));
        assert!(!login.holds(at.plus(IDLE)));
        login.seen_at = at.plus(LIFE);
        assert!(!login.holds(at.plus(LIFE)));
        login.ended_at = Some(at);
        assert!(!login.holds(at.plus(Duration::from_secs(1))));
    }

    #[test]
    fn is_fresh_for_a_while() {
        let login = login();
        assert!(login.is_fresh(login.created_at.plus(FRESH - Duration::from_millis(1))));
        assert!(!login.is_fresh(login.created_at.plus(FRESH)));
    }

    #[test]
    fn strengths_have_codes() {
        assert!(Strength::ALL.into_iter().all(|one| Strength::from_code(one as u8) == Some(one)));
        assert_eq!((Strength::from_code(0), Strength::from_code(4)), (None, None));
    }
}
