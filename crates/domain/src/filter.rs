//! Which devices of a list are shown: a parsed query, and its one text.
//!
//! Why here: a filter is kept by people, linked to, and names what a bulk act touches; all of them must read it alike.
//! ```text
//! whose=made&product=UUID&release=UUID&older=UUID&update=waiting,unknown&stage=shipped,in_use&condition=well&silent=14
//! ```
//! Invariant: a filter has one text, with its parts in this order, and reading that text gives the same filter.

use crate::device::{Condition, Stage};
use crate::id::{AccountRow, FilterRow, OrganisationRow, Uuid};
use crate::tally::Side;
use crate::time::Timestamp;
use std::fmt;

/// The longest span of silence that can be asked for, in days.
pub const SILENT_MAX: u16 = 3650;

/// The longest name of a kept filter, in characters.
pub const NAME_MAX: usize = 60;
/// Filters that one person keeps in one organisation.
pub const KEPT_MAX: u32 = 50;

/// A filter that a person keeps under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Row.
    pub row: FilterRow,
    /// Outward id.
    pub uid: Uuid,
    /// For whose devices.
    pub organisation: OrganisationRow,
    /// Who keeps it, for herself alone.
    pub account: AccountRow,
    /// Its name.
    pub name: String,
    /// What it takes; kept as its text, and none where that means nothing any more.
    pub filter: Option<Filter>,
    /// Since when.
    pub created_at: Timestamp,
}

/// How what a device runs stands against the releases of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Update {
    /// It runs a release, and one with a higher security version is out.
    Waiting = 0,
    /// It runs a release with the highest security version that is out.
    Current,
    /// What it runs is no release that is known here, or it never said.
    Unknown,
}

impl Update {
    /// All, in the order of their codes.
    pub const ALL: [Update; 3] = [Update::Waiting, Update::Current, Update::Unknown];

    /// Its word in a filter.
    pub fn name(self) -> &'static str {
        ["waiting", "current", "unknown"][self as usize]
    }
}

/// A choice among a few; none chosen is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Choice(u8);

impl Choice {
    /// Adds one, by its code.
    pub fn add(&mut self, code: u8) {
        self.0 |= 1 << code;
    }

    /// Whether it is among them.
    pub fn has(self, code: u8) -> bool {
        self.0 == 0 || self.0 & 1 << code != 0
    }

    /// Whether all are meant.
    pub fn is_all(self) -> bool {
        self.0 == 0
    }

    /// Whether this one was named.
    pub fn names(self, code: u8) -> bool {
        !self.is_all() && self.has(code)
    }
}

/// Which devices; each part narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Filter {
    /// Owned, or made and another's; both where it says nothing.
    pub whose: Option<Side>,
    /// Of this product.
    pub product: Option<Uuid>,
    /// That run this release.
    pub release: Option<Uuid>,
    /// That run a release of the same product that was published before this one.
    pub older: Option<Uuid>,
    /// By what waits for them: codes of [`Update`].
    pub update: Choice,
    /// In these stages: codes of [`Stage`].
    pub stage: Choice,
    /// In these conditions: codes of [`Condition`].
    pub condition: Choice,
    /// Not heard from for so many days. Of owned devices alone: when others use theirs is not told.
    pub silent: Option<u16>,
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A part that no filter has.
    #[error("a filter has no part {0:?}; it has whose, product, release, older, update, stage, condition and silent")]
    Part(String),
    /// A part that stands there twice.
    #[error("{0} is given more than once")]
    Twice(&'static str),
    /// Something else than an id.
    #[error("{0} is the id of one, as its list gives it")]
    Id(&'static str),
    /// A word that is none of a part's.
    #[error("{part} is one or more of {}", .words.join(", "))]
    Word {
        /// The part.
        part: &'static str,
        /// What it may be.
        words: Vec<&'static str>,
    },
    /// Days that are none.
    #[error("silent is a number of days from 1 to {SILENT_MAX}")]
    Silent,
    /// Silence of devices that others own.
    #[error("when devices of others were heard from is not told; leave whose=made or silent out")]
    OthersSilence,
}

/// The parts in their order.
const PARTS: [&str; 8] = ["whose", "product", "release", "older", "update", "stage", "condition", "silent"];

/// Words of a part, in the order of their codes.
fn words(part: &str) -> Vec<&'static str> {
    match part {
        "whose" => Side::ALL.map(Side::name).to_vec(),
        "update" => Update::ALL.map(Update::name).to_vec(),
        "stage" => Stage::ALL.map(Stage::name).to_vec(),
        "condition" => Condition::ALL.map(Condition::name).to_vec(),
        _ => Vec::new(),
    }
}

/// The code of a word.
fn code(part: &'static str, word: &str) -> Result<u8, FilterError> {
    let words = words(part);
    let found = words.iter().position(|known| *known == word);
    found.and_then(|code| u8::try_from(code).ok()).ok_or(FilterError::Word { part, words })
}

fn once<T>(slot: &mut Option<T>, part: &'static str, value: T) -> Result<(), FilterError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(FilterError::Twice(part)),
    }
}

impl Filter {
    /// Whether a name is that of a part.
    pub fn is_part(name: &str) -> bool {
        PARTS.contains(&name)
    }

    /// From names and values, as a form sends them: what is left empty says nothing, and a choice may come in pieces.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FilterError> {
        let mut filter = Filter::default();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            let known = PARTS.into_iter().find(|part| *part == name);
            let part = known.ok_or_else(|| FilterError::Part(name.chars().take(40).collect()))?;
            filter.take(part, value)?;
        }
        if filter.silent.is_some() && filter.whose == Some(Side::Made) {
            return Err(FilterError::OthersSilence);
        }
        filter.all_is_none();
        Ok(filter)
    }

    fn take(&mut self, part: &'static str, value: &str) -> Result<(), FilterError> {
        let choice = match part {
            "update" => &mut self.update,
            "stage" => &mut self.stage,
            "condition" => &mut self.condition,
            "whose" => {
                let side = Side::ALL.get(usize::from(code(part, value)?)).copied();
                return side.map_or(Ok(()), |side| once(&mut self.whose, part, side));
            }
            "silent" => {
                let days = value.parse().ok().filter(|days| (1..=SILENT_MAX).contains(days));
                return once(&mut self.silent, part, days.ok_or(FilterError::Silent)?);
            }
            _ => {
                let id = Uuid::try_parse(value).map_err(|_| FilterError::Id(part))?;
                let slot = match part {
                    "product" => &mut self.product,
                    "release" => &mut self.release,
                    _ => &mut self.older,
                };
                return once(slot, part, id);
            }
        };
        for word in value.split(',') {
            choice.add(code(part, word)?);
        }
        Ok(())
    }

    /// All of a choice is the same as none of it.
    fn all_is_none(&mut self) {
        for (choice, count) in [(&mut self.update, 3), (&mut self.stage, 6), (&mut self.condition, 4)] {
            if choice.0 == (1 << count) - 1 {
                *choice = Choice::default();
            }
        }
    }

    /// From its text; the empty one is all devices.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let pairs = text.split('&').filter(|part| !part.is_empty());
        Self::from_pairs(pairs.map(|part| part.split_once('=').unwrap_or((part, "-"))))
    }

    /// Whether every device is meant.
    pub fn is_all(&self) -> bool {
        *self == Filter::default()
    }

    fn value(&self, part: &'static str) -> Option<String> {
        let id = |id: Option<Uuid>| id.map(|id| id.hyphenated().to_string());
        let choice = |choice: Choice| {
            let named = (0..).zip(words(part)).filter(|(code, _)| choice.names(*code));
            let named: Vec<&str> = named.map(|(_, word)| word).collect();
            (!named.is_empty()).then(|| named.join(","))
        };
        match part {
            "whose" => self.whose.map(|side| side.name().to_owned()),
            "product" => id(self.product),
            "release" => id(self.release),
            "older" => id(self.older),
            "update" => choice(self.update),
            "stage" => choice(self.stage),
            "condition" => choice(self.condition),
            _ => self.silent.map(|days| days.to_string()),
        }
    }
}

impl fmt::Display for Filter {
    /// Its one text; it needs no escapes in a URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = PARTS.into_iter().filter_map(|part| Some((part, self.value(part)?)));
        for (place, (part, value)) in parts.enumerate() {
            let between = if place > 0 { "&" } else { "" };
            write!(f, "{between}{part}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

    #[test]
    fn one_text_a_filter() {
        for (given, text) in [
            ("", ""),
            ("&&stage=&", ""),
            ("stage=in_use,shipped", "stage=shipped,in_use"),
            ("stage=in_use&whose=owned&stage=shipped", "whose=owned&stage=shipped,in_use"),
            ("condition=well,suspect,quarantined,recalled", ""),
            ("silent=014", "silent=14"),
            ("update=unknown,waiting", "update=waiting,unknown"),
            ("product=0123456789ABCDEF0123456789ABCDEF", "product=01234567-89ab-cdef-0123-456789abcdef"),
        ] {
            let filter = Filter::parse(given).unwrap();
            assert_eq!(filter.to_string(), text, "{given}");
            assert_eq!(Filter::parse(text), Ok(filter), "{given}");
            assert_eq!(filter.is_all(), text.is_empty());
        }
    }

    #[test]
    fn all_parts_at_once() {
        let text = format!(
            "whose=owned&product={ID}&release={ID}&older={ID}&update=waiting&stage=made,retired&condition=recalled&silent=3650"
        );
        assert_eq!(Filter::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn what_is_no_filter_says_why() {
        let part = |part: &str| FilterError::Part(part.to_owned());
        for (text, error) in [
            ("colour=red", part("colour")),
            ("stage", FilterError::Word { part: "stage", words: words("stage") }),
            ("stage=shipped,", FilterError::Word { part: "stage", words: words("stage") }),
            ("whose=mine", FilterError::Word { part: "whose", words: words("whose") }),
            ("product=7", FilterError::Id("product")),
            ("silent=0", FilterError::Silent),
            ("silent=3651", FilterError::Silent),
            ("silent=7&silent=8", FilterError::Twice("silent")),
            ("whose=made&silent=7", FilterError::OthersSilence),
        ] {
            assert_eq!(Filter::parse(text), Err(error), "{text}");
        }
        assert!(Filter::parse("stage=old").unwrap_err().to_string().contains("made, shipped"));
    }

    #[test]
    fn a_choice_of_none_is_all() {
        let mut choice = Choice::default();
        assert!(choice.has(3) && !choice.names(3));
        choice.add(2);
        assert!(choice.has(2) && choice.names(2) && !choice.has(3));
    }
}
