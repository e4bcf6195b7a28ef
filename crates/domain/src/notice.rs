//! Notices: messages to a person, with a receipt.
//!
//! A notice is entered in the change that gives the reason for it, and sent afterwards (law 11). It holds no words and
//! no address: those are taken from the catalogue and from the organisation when it is sent.

use crate::finding::Finding;
use crate::id::{DeviceRow, OrganisationRow, Uuid};
use crate::time::Timestamp;
use std::time::Duration;

/// What a notice is about; decides its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum NoticeKind {
    /// Two bodies show one identity; the device is held.
    TwoBodies = 1,
    /// The device still has its initial password.
    InitialPassword,
    /// Its maker calls the device back.
    Recalled,
    /// Another finding that calls somebody.
    Finding,
}

impl NoticeKind {
    /// All, in the order of their codes.
    pub const ALL: [NoticeKind; 4] =
        [NoticeKind::TwoBodies, NoticeKind::InitialPassword, NoticeKind::Recalled, NoticeKind::Finding];

    /// Its word in the API and in the catalogue.
    pub fn name(self) -> &'static str {
        ["two_bodies", "initial_password", "recalled", "finding"][self as usize - 1]
    }

    /// From its code in the store.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// What the notice of a finding is about; `None` where a finding calls nobody (levels 1–3, but for what only the
    /// owner can mend).
    pub fn of(finding: &Finding) -> Option<Self> {
        match finding.kind.as_str() {
            "two_bodies" => Some(NoticeKind::TwoBodies),
            "initial_password" => Some(NoticeKind::InitialPassword),
            _ => (finding.level >= 4).then_some(NoticeKind::Finding),
        }
    }
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Outward id.
    pub uid: Uuid,
    /// Whom it is for.
    pub organisation: OrganisationRow,
    /// The device that it is about.
    pub device: Option<DeviceRow>,
    /// What it is about.
    pub kind: NoticeKind,
    /// Since when.
    pub at: Timestamp,
    /// How often it was tried to be sent.
    pub attempts: u32,
    /// When it went out.
    pub sent_at: Option<Timestamp>,
    /// When somebody said to have read it.
    pub receipt_at: Option<Timestamp>,
}

impl Notice {
    /// A new one.
    pub fn new(
        uid: Uuid,
        kind: NoticeKind,
        organisation: OrganisationRow,
        device: Option<DeviceRow>,
        at: Timestamp,
    ) -> Self {
        Notice { uid, organisation, device, kind, at, attempts: 0, sent_at: None, receipt_at: None }
    }

    /// Where it stands, in a word of the API.
    pub fn state(&self) -> &'static str {
        match (self.receipt_at, self.sent_at) {
            (Some(_), _) => "read",
            (None, Some(_)) => "sent",
            (None, None) => "waiting",
        }
    }
}

/// How long to wait before the next try: a minute, doubled each time, at most six hours.
pub fn pause(attempts: u32) -> Duration {
    Duration::from_secs(60 << attempts.min(9)).min(Duration::from_secs(6 * 3600))
}

/// In which language somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Language {
    /// English.
    En = 1,
    /// Japanese.
    Ja,
}

impl Language {
    /// From its code in the store.
    pub fn from_code(code: u8) -> Option<Self> {
        [Language::En, Language::Ja].get(usize::from(code).checked_sub(1)?).copied()
    }
}

/// Where the notices of an organisation go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Mail address.
    pub mail: String,
    /// Language; both when nothing was said.
    pub language: Option<Language>,
}

/// Why somebody cannot be written to so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail is an address as name@example.com, at most 254 characters")]
pub struct ContactError;

impl Contact {
    /// Checks an address (RFC 5321 §4.5.3.1.3 for its length); the form in full is the mail library's to judge.
    pub fn new(mail: &str, language: Option<Language>) -> Result<Self, ContactError> {
        let mail = mail.trim();
        let clean =
            mail.len() <= 254 && !mail.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;\"".contains(c));
        let (name, host) = mail.rsplit_once('@').ok_or(ContactError)?;
        let fits = clean && !name.is_empty() && name.len() <= 64 && host.contains('.') && !host.starts_with('.');
        if fits { Ok(Contact { mail: mail.to_owned(), language }) } else { Err(ContactError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_codes_and_names() {
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::from_code(kind as u8), Some(kind));
            assert!(!kind.name().is_empty());
        }
        assert_eq!((NoticeKind::from_code(0), NoticeKind::from_code(5)), (None, None));
    }

    #[test]
    fn pauses_grow_and_end() {
        let all: Vec<u64> = (0..20).map(|n| pause(n).as_secs()).collect();
        assert_eq!((all[0], all[1], all[19]), (60, 120, 6 * 3600));
        assert!(all.windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn addresses() {
        for good in ["a@example.com", " owner+meter@mail.example.jp "] {
            assert!(Contact::new(good, None).is_ok(), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in ["", "a", "a@", "@b.c", "a@b", "a b@c.de", "a@b.c\r\nBcc: x@y.z", "a<b@c.de", &long] {
            assert_eq!(Contact::new(bad, None), Err(ContactError), "{bad}");
        }
    }
}
