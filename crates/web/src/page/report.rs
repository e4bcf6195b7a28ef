//! The form by which somebody reports a problem with a device, and what became of it.

use super::{Place, Said};
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::visit::Visit;
use tegata_domain::lookup::Lookup;
use tegata_domain::report::{ReportKind, TEXT_MAX};

/// The form, as the page of a device carries it.
pub(super) struct Form {
    /// Where it is sent.
    pub to: String,
    /// What may be wrong: value and words.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// The longest text.
    pub most: usize,
    /// What became of a report that was just sent.
    pub told: Option<Sentence>,
    /// Whether that is to be mended.
    pub failed: bool,
    /// One waits to be looked at.
    pub waits: bool,
    /// Nothing needs to be unfolded.
    pub open: bool,
}

fn words(v: &'static Visit, kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::LooksDifferent => &v.report.looks_different,
        ReportKind::BehavesOddly => &v.report.behaves_oddly,
        ReportKind::AlreadyUsed => &v.report.already_used,
        ReportKind::Other => &v.report.other,
    }
}

/// The form for a device.
pub(super) fn form(place: &Place<'_>, lookup: &Lookup, noun: &str) -> Form {
    let v = Visit::of(place.language());
    let told = match place.said() {
        Some(Said::Reported) => Some(&v.report.sent),
        Some(Said::ReportedTooOften) => Some(&v.report.too_many),
        Some(Said::NoWords) => Some(&v.report.no_words),
        Some(Said::AskedTooOften) | None => None,
    };
    Form {
        to: place.link(&format!("/d/{}/report", lookup.number)),
        kinds: ReportKind::ALL.map(|kind| (kind.name(), words(v, kind))).into(),
        most: TEXT_MAX,
        told: told.map(|text| sentence(text, &[("noun", Slot::Text(noun))])),
        failed: matches!(place.said(), Some(Said::ReportedTooOften | Said::NoWords)),
        waits: lookup.beside.reported,
        open: told.is_some(),
    }
}
