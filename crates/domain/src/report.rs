//! Reports: what somebody who looked a device up says is wrong with it.
//!
//! Invariant: a report changes nothing of the device, and its words go to owner and maker only.

use crate::id::{DeviceRow, Uuid};
use crate::time::Timestamp;

/// The longest text, in characters.
pub const TEXT_MAX: usize = 1000;
/// Reports of one device that are taken a day.
pub const A_DAY: u32 = 3;
/// How long reports are kept, in days.
pub const KEPT_DAYS: i64 = 365;

/// What is wrong, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ReportKind {
    /// The thing differs from what the page says.
    LooksDifferent = 0,
    /// It does what it should not.
    BehavesOddly,
    /// It was sold as new, and is not.
    AlreadyUsed,
    /// Something else.
    Other,
}

impl ReportKind {
    /// All, in the order of their codes.
    pub const ALL: [ReportKind; 4] =
        [ReportKind::LooksDifferent, ReportKind::BehavesOddly, ReportKind::AlreadyUsed, ReportKind::Other];

    /// Its word in the API and in forms.
    pub fn name(self) -> &'static str {
        ["looks_different", "behaves_oddly", "already_used", "other"][self as usize]
    }

    /// From its word.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The language that a report was written in, as far as the page was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Tongue {
    /// English.
    En = 0,
    /// Japanese.
    Ja,
}

impl Tongue {
    /// All, in the order of their codes.
    pub const ALL: [Tongue; 2] = [Tongue::En, Tongue::Ja];
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Outward id.
    pub uid: Uuid,
    /// The device.
    pub device: DeviceRow,
    /// When.
    pub at: Timestamp,
    /// The language of the page.
    pub language: Tongue,
    /// What is wrong, in a word.
    pub kind: ReportKind,
    /// The same in the words of who reports.
    pub text: String,
}

/// The words of a report as they are kept: line ends alike, none of the characters that turn a text around or hide in it.
/// `None` where nothing is left, or more than [`TEXT_MAX`].
pub fn words(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let hidden = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || c.is_control() && c != '\n'
    };
    let text: String = text.chars().filter(|c| !hidden(*c)).collect();
    let text = text.trim();
    (1..=TEXT_MAX).contains(&text.chars().count()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_words() {
        for kind in ReportKind::ALL {
            assert_eq!(ReportKind::by_name(kind.name()), Some(kind));
        }
        assert_eq!(ReportKind::by_name("broken"), None);
    }

    #[test]
    fn words_are_plain_and_bounded() {
        for (given, kept) in [
            ("  It is warm.\r\nVery.\r ", Some("It is warm.\nVery.")),
            ("a\u{0}b\u{202e}c\u{7}", Some("abc")),
            ("", None),
            (" \r\n\u{0} ", None),
        ] {
            assert_eq!(words(given).as_deref(), kept);
        }
        assert!(words(&"手".repeat(TEXT_MAX)).is_some() && words(&"手".repeat(TEXT_MAX + 1)).is_none());
    }
}
