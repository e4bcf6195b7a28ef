//! The words of findings.

use serde::Deserialize;
use std::collections::BTreeMap;

tables! {
    /// Findings: lists, one of them, and how one is closed.
    Findings {
        what, none, one, many, none_closed, closed_one, closed_many, more_open, more_closed, show_open, show_closed,
        intro, intro_closed, empty, about_device, about_batch, about_organisation, since, closed_at, closed,
        see_device, see_campaign, more, means, next, evidence, evidence_why, facts, found, about,
        state, open, close, close_why, reason, reason_hint, close_button, may_not,
        levels: BTreeMap<String, String>,
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

    /// How urgent a level is.
    pub(crate) fn level(&self, level: u8) -> &str {
        self.levels.get(&level.clamp(1, 5).to_string()).map_or("", String::as_str)
    }
}
