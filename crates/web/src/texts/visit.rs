//! Words of a visit: how often a code was seen, whether the device signs now, what it runs, and reports.

use crate::sentence::plain;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Visit { seen: Seen, signed: Signed, running: Running, report: Report, claim: Claim }
    /// How often a code was seen.
    Seen {
        heading, off_state, off, first_state, first,
        again_state: Plural, again, again_places, not_since, since: Plural, places: Plural,
        many_state, many, line, hidden_state, hidden, tag,
    }
    /// Whether the device signs now.
    Signed {
        heading, clock, minutes: Plural,
        not_asked_state, not_asked, button, away_state, away, asked_state, asked, reloads, stop, look,
        signed_state, near, near_asker, elsewhere, unknown, none_state, none, again, too_many,
    }
    /// What it runs.
    Running { label, release, waits, waits_why, newest, unknown, recalled, line, todo }
    /// A report.
    Report {
        heading, lead, kind, looks_different, behaves_oddly, already_used, other, text, hint, button,
        sent, too_many, no_words, waits,
    }
    /// Making a device one's own.
    Claim {
        heading, text, title, lead, code, code_hint, button, after, account, member,
        wrong_code, too_many, login_name, name_taken, password, life, other,
    }
    /// A text that tells a number.
    Plural { one, other }
}

catalogue!(Visit, "visit");

impl Plural {
    /// The text for so many.
    pub(crate) fn of(&self, count: u64) -> String {
        let form = if count == 1 { &self.one } else { &self.other };
        plain(form, &[("count", &count.to_string())])
    }
}
