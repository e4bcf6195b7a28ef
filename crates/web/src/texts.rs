//! The words of all pages: one catalogue a language, loaded once.
//!
//! Why typed: a text that one language lacks, or that no page uses any more, is found when the program is built and
//! tested, not by a reader. The texts themselves stand in `texts/en.toml` and `texts/ja.toml`.

use crate::language::Language;
use serde::Deserialize;
use std::sync::LazyLock;

const SOURCES: [&str; 2] = [include_str!("../texts/en.toml"), include_str!("../texts/ja.toml")];

static LOADED: LazyLock<[Texts; 2]> = LazyLock::new(|| {
    SOURCES.map(|source| toml::from_str(source).expect("the catalogues are part of the program and loaded by a test"))
});

impl Texts {
    /// The catalogue of a language.
    pub(crate) fn of(language: Language) -> &'static Texts {
        &LOADED[language as usize]
    }
}

/// Declares the tables of the catalogue; a field without a type is one text.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident { $($field:ident $(: $type:ty)?),* $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $table { $(pub(crate) $field: tables!(@ $($type)?),)* }
    )+};
    (@) => { String };
    (@ $type:ty) => { $type };
}

/// Declares where the catalogue of an area stands: `texts/en/AREA.toml` and `texts/ja/AREA.toml`.
macro_rules! catalogue {
    ($root:ident, $area:literal) => {
        impl $root {
            /// The catalogue of a language.
            pub(crate) fn of(language: crate::language::Language) -> &'static $root {
                static LOADED: std::sync::LazyLock<[$root; 2]> = std::sync::LazyLock::new(|| {
                    let sources = [
                        include_str!(concat!("../../texts/en/", $area, ".toml")),
                        include_str!(concat!("../../texts/ja/", $area, ".toml")),
                    ];
                    sources.map(|source| toml::from_str(source).expect("a test loads each catalogue"))
                });
                &LOADED[language as usize]
            }
        }
    };
}

mod batch;
pub(crate) mod browser;
mod campaign;
pub(crate) mod figure;
mod finding;
mod ledger;
mod line;
mod notice;
mod product;
mod refusal;
mod release;

pub(crate) use batch::Batches;
pub(crate) use campaign::Campaigns;
pub(crate) use figure::{Count, changed, count};
pub(crate) use finding::Findings;
pub(crate) use ledger::ProofWords;
pub(crate) use line::Line;
pub(crate) use notice::NoticeList;
pub(crate) use product::Products;
pub(crate) use refusal::Refusals;
pub(crate) use release::Releases;

/// Three steps, in order.
pub(crate) type Steps = [String; 3];

tables! {
    /// A whole catalogue.
    Texts {
        language: Names,
        date: Dates,
        span: Spans,
        noun: Nouns,
        frame: Frame,
        ask: Ask,
        answer: Answers,
        todo: Todos,
        pass: Pass,
        stage: Stages,
        stamp: Stamps,
        tier: Tiers,
        facts: Facts,
        check: Check,
        model: Model,
        unknown: Unknown,
        malformed: Malformed,
        error: Errors,
        notice: Notices,
        front: Front,
        operation: Operation,
    }
    /// How the platform runs.
    Operation {
        title, what, lead, lead_new, new, idle, well, refused, failed: Count, late, runs, look, act, no_figures,
        highest, mean, until, table,
        requests: Pair, latency: Pair, connections: One, commit: One, batch: One, ledger: One, memory: One, cores: One, hits: One,
    }
    /// A plot of one line.
    One { title, unit, line }
    /// A plot of two lines.
    Pair { title, unit, line, other }
    /// The page behind the link of a letter.
    Notices { number, page }
    /// What the language calls itself.
    Names { name }
    /// How dates are written. `padded`: months and days have two digits. Times are told `hours_from_utc`; `row` is short,
    /// for a column whose head names the zone.
    Dates { padded: bool, hours_from_utc: u8, month, day, stamp, minute, row }
    /// How spans are written.
    Spans { years: Count, months: Count, both }
    /// What a device of a sector is called: `{noun}`.
    Nouns { camera, infusion_pump, vehicle_gateway, siren, smart_meter, other }
    /// Head and foot of every page.
    Frame { brand, home, title, skip, languages, help, guides, more, another, keys, evidence, logged, origin }
    /// The form that asks for a number.
    Ask { label, hint, button }
    /// The answer in one word, and the lines below it.
    Answers {
        registered, cannot_confirm, reported, recalled, ended, heading, title,
        maker, supported, support_over, nothing, replace, report, ask_maker, unconfirmed, quarantined, recall,
        retired, erased_signed, erased_witnessed, erased_unconfirmed, do_not_use,
    }
    /// What to do next.
    Todos {
        heading, nothing, replace, retired,
        unconfirmed: Steps, reported: Steps, quarantined: Steps, recalled: Steps,
        ask, contact, no_contact,
    }
    /// Below the seam.
    Pass { number, sealed, unsealed, entered, entered_unproved, looked_up, life }
    /// The stages of a life.
    Stages { made, shipped, sold, installed, in_use, retired }
    /// What stands in and below a stamp.
    Stamps { number, proof, unproved, erased, presumed, presumed_why, not_yet, no_entry }
    /// The three tiers of proof.
    Tiers { heading, registered: Tier }
    /// One tier.
    Tier { heading, state, text }
    /// What device and model are.
    Facts {
        heading, heading_model, maker, model, gtin,
        supported, remaining, last_month, support_over, short_support,
        stage, since, presumed_since,
        condition, well, well_why, suspect, suspect_why, quarantined, quarantined_why, recalled, recalled_why,
        unconfirmed, unconfirmed_why,
        password, unique_and_changed, unique_and_changed_why, unique, unique_why, passwordless, passwordless_why,
        contact, contact_why, owner, owner_hidden, owner_why,
    }
    /// How to check without this server.
    Check { heading, intro, download, keys, keys_link, run, button, none, entries, proved, head }
    /// The page of a model.
    Model { answer, no_device, todo }
    /// A number that is not in the register.
    Unknown { why, heading, steps: Steps, number, note, again, limits_heading, limits }
    /// A text that is no number.
    Malformed { title, heading, typed, empty, form, example, place, letters }
    /// When something failed.
    Errors {
        number, request, request_why, home,
        malformed: Failure, denied: Failure, missing: Failure, gone: Failure, busy: Failure, unavailable: Failure, other: Failure,
    }
    /// One kind of failure.
    Failure { title, next }
    /// The front page.
    Front {
        title, heading, intro, shows, what, what_text, state, state_text, proof, proof_text, hidden,
        checks, keys, keys_text, docs, docs_text,
    }
}

pub(crate) mod account;
pub(crate) mod bulk;
pub(crate) mod console;
pub(crate) mod fleet;
pub(crate) mod guide;
pub(crate) mod handing;
pub(crate) mod login;
pub(crate) mod visit;
pub(crate) mod ways;

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
