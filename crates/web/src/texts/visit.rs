//! Words of a visit: how often a code was seen, whether the device signs now, what it runs, and reports.

use super::figure::Count;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Visit { seen: Seen, signed: Signed, running: Running, report: Report, claim: Claim }
    /// How often a code was seen.
    Seen {
        heading, off_state, off, first_state, first,
        again_state: Count, again, again_places, not_since, since: Count, places: Count,
        many_state, many, line, hidden_state, hidden, tag,
    }
    /// Whether the device signs now.
    Signed {
        heading, clock, minutes: Count,
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
        wrong_code, too_many, life,
    }
}

catalogue!(Visit, "visit");
