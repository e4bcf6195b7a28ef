//! The words of findings.

use super::figure::Count;
use serde::Deserialize;
use std::collections::BTreeMap;

tables! {
    /// Findings: lists, one of them, and how one is closed.
    Findings {
        what, none, open_now: Count, none_closed, closed_now: Count, more_open: Count, more_closed: Count, show_open, show_closed,
        intro, intro_closed, empty, about_device, about_batch, about_organisation, since, closed_at, closed,
        see_device, see_campaign, more, means, next, evidence, evidence_why, facts, found, about,
        state, open, close, close_why, reason, reason_hint, close_button, may_not,
        levels: BTreeMap<String, String>,
        reasons: BTreeMap<String, String>,
        kinds: BTreeMap<String, FindingWords>,
    }
    /// What a kind of finding is called, means and asks for.
    FindingWords { title, means, next }
}

catalogue!(Findings, "finding");

impl Findings {
    /// The words of a kind, by its name in the store.
    pub(crate) fn kind(&self, name: &str) -> &FindingWords {
        self.kinds.get(name).unwrap_or(&self.kinds["other"])
    }

    /// What a kind is called, where the name is one of a kind.
    pub(crate) fn title(&self, name: &str) -> Option<&str> {
        self.kinds.get(name).map(|kind| &*kind.title)
    }

    /// What became of it: the platform’s own words in the reader’s language, a person’s as they are.
    pub(crate) fn reason<'a>(&'a self, written: &'a str) -> &'a str {
        self.reasons.get(written).map_or(written, String::as_str)
    }

    /// How urgent a level is.
    pub(crate) fn level(&self, level: u8) -> &str {
        self.levels.get(&level.clamp(1, 5).to_string()).map_or("", String::as_str)
    }
}
