//! The head of a device's pass: what the answer means, and what to do next.

use super::item::{Contact, Line};
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::visit::Visit;
use crate::texts::{Steps, Texts};
use tegata_domain::device::{Condition, Stage};
use tegata_domain::disposal::Erasure;
use tegata_domain::lookup::{Answer, Lookup, Todo, Waiting};
use tegata_domain::scan::Seen;

/// What to do next.
#[derive(Default)]
pub(super) struct Advice {
    /// In one paragraph.
    pub text: Sentence,
    /// Or in steps.
    pub steps: Vec<Sentence>,
    /// Whom to ask, and the same in words, which also stand on paper.
    pub contact: Option<(Contact, Sentence)>,
    /// Whom to ask is not known.
    pub no_contact: bool,
}

/// The answer in one word.
pub(super) fn word(t: &'static Texts, answer: Answer) -> &'static str {
    let t = &t.answer;
    match answer {
        Answer::Registered => &t.registered,
        Answer::CannotConfirm => &t.cannot_confirm,
        Answer::Reported => &t.reported,
        Answer::Recalled => &t.recalled,
        Answer::Ended => &t.ended,
    }
}

/// Whether the answer stops a person: it stands on ink then.
pub(super) fn stops(lookup: &Lookup) -> bool {
    matches!(lookup.answer, Answer::CannotConfirm | Answer::Recalled)
        || matches!(lookup.condition, Condition::Quarantined | Condition::Recalled)
}

/// What the answer means, in a few lines.
pub(super) fn lines((t, v): (&'static Texts, &'static Visit), lookup: &Lookup, noun: &str, sealed: bool) -> Vec<Line> {
    let noun = [("noun", Slot::Text(noun))];
    let maker_is = [("maker", Slot::Name(&lookup.maker))];
    // Vermilion only where the ledger proves that the maker entered it, and never upon ink.
    let maker = match sealed && !stops(lookup) {
        true => Line::new("proved", "seal-solid", &t.answer.maker, &maker_is),
        false => Line::new("", "maker", &t.answer.maker, &maker_is),
    };
    let mut lines = Vec::new();
    if lookup.answer == Answer::Ended {
        let at = lookup.stamps[Stage::Retired as usize].at.unwrap_or(lookup.at);
        lines.push(Line::new("", "ended", &t.answer.retired, &[("day", Slot::Time(&t.date.day(at)))]));
        lines.push(secrets(t, lookup.erasure, &noun));
    }
    match lookup.condition {
        Condition::Well if lookup.answer == Answer::CannotConfirm => {
            lines.push(Line::new("", "unsure", &t.answer.unconfirmed, &[]));
        }
        Condition::Well => {}
        Condition::Suspect => lines.push(Line::new("wait", "suspect", &t.answer.report, &noun)),
        Condition::Quarantined => lines.push(Line::new("", "quarantined", &t.answer.quarantined, &[])),
        Condition::Recalled => lines.push(Line::new("", "recalled", &t.answer.recall, &noun)),
    }
    lines.push(maker);
    if matches!(lookup.answer, Answer::Registered | Answer::Reported) {
        lines.push(support(t, lookup));
    }
    lines.extend(next(t, v, lookup));
    lines
}

/// Who confirmed that the secrets of an ended device are gone.
fn secrets(t: &'static Texts, erasure: Option<Erasure>, noun: &[(&str, Slot<'_>)]) -> Line {
    match erasure.unwrap_or(Erasure::Unconfirmed) {
        Erasure::Signed => Line::new("well", "well", &t.answer.erased_signed, noun),
        Erasure::Witnessed => Line::new("", "maker", &t.answer.erased_witnessed, noun),
        Erasure::Unconfirmed => Line::new("wait", "unsure", &t.answer.erased_unconfirmed, noun),
    }
}

fn support(t: &'static Texts, lookup: &Lookup) -> Line {
    let month = t.date.month(lookup.product.support_end);
    let slots = [("month", Slot::Time(&month))];
    match lookup.at.month() > lookup.product.support_end {
        true => Line::new("wait", "date", &t.answer.support_over, &slots),
        false => Line::new("well", "date", &t.answer.supported, &slots),
    }
}

/// The next step as a line; upon ink the steps that follow speak for themselves.
fn next(t: &'static Texts, v: &'static Visit, lookup: &Lookup) -> Option<Line> {
    match lookup.todo {
        Todo::Update => Some(Line::new("wait", "wait", &v.running.line, &[("version", Slot::Name(waiting(lookup)))])),
        Todo::Nothing if matches!(lookup.seen, Seen::Many(_)) => Some(Line::new("wait", "wait", &v.seen.line, &[])),
        Todo::Nothing => Some(Line::new("well", "well", &t.answer.nothing, &[])),
        Todo::Replace => Some(Line::new("wait", "wait", &t.answer.replace, &[])),
        Todo::DoNotUse => Some(Line::new("wait", "wait", &t.answer.do_not_use, &[])),
        Todo::AskMaker if !stops(lookup) => Some(Line::new("wait", "wait", &t.answer.ask_maker, &[])),
        Todo::AskMaker | Todo::AskOwner | Todo::FollowRecall => None,
    }
}

/// The version of the security release that waits.
fn waiting(lookup: &Lookup) -> &str {
    match &lookup.beside.waiting {
        Some(Waiting::Release(version)) => version,
        Some(Waiting::Nothing) | None => "",
    }
}

/// What to do next, in full.
pub(super) fn advice((t, v): (&'static Texts, &'static Visit), lookup: &Lookup, noun: &str) -> Advice {
    let update = [("noun", Slot::Text(noun)), ("version", Slot::Name(waiting(lookup)))];
    let noun = [("noun", Slot::Text(noun))];
    let text = |text: &str| Advice { text: sentence(text, &noun), ..Advice::default() };
    let steps =
        |steps: &Steps| Advice { steps: steps.iter().map(|s| sentence(s, &noun)).collect(), ..Advice::default() };
    let ask = |advice: Advice| {
        let contact = lookup.product.contact.as_deref().map(Contact::of);
        let contact = contact.map(|c| {
            let words = sentence(&t.todo.contact, &[("contact", Slot::Name(&c.shown))]);
            (c, words)
        });
        Advice { no_contact: contact.is_none(), contact, ..advice }
    };
    match lookup.todo {
        Todo::Nothing => text(&t.todo.nothing),
        Todo::Update => Advice { text: sentence(&v.running.todo, &update), ..Advice::default() },
        Todo::Replace => text(&t.todo.replace),
        Todo::DoNotUse => text(&t.todo.retired),
        Todo::AskOwner => steps(&t.todo.quarantined),
        Todo::FollowRecall => ask(steps(&t.todo.recalled)),
        Todo::AskMaker if lookup.condition == Condition::Suspect => ask(steps(&t.todo.reported)),
        Todo::AskMaker => ask(steps(&t.todo.unconfirmed)),
    }
}
