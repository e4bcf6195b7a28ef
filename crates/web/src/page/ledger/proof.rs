//! A proof told in words: each step, and the one that broke.

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::shape::badge;
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::{Line, ProofWords, count};
use askama::Template;
use tegata_domain::time::Timestamp;
use tegata_usecase::ledger::{Explained, Fault, Step};

#[derive(Template)]
#[template(path = "ledger/proof.html")]
struct Proof<'a> {
    t: &'static Line,
    heading: &'static str,
    verdict: Option<Sentence>,
    steps: Vec<Row>,
    event: Option<Event>,
    held: bool,
    typed: &'a str,
    ledger: String,
    check: String,
}

/// A step: what it asks, how it went, and why.
struct Row {
    asks: &'static str,
    state: Sentence,
    why: Sentence,
}

/// The event, as far as its members are known.
struct Event {
    device: String,
    sequence: String,
    kind: String,
    at: Option<Moment>,
    whole: String,
}

/// The page of a proof: the form alone, or with what was found. `typed` is what the form keeps.
pub fn render(place: &Place<'_>, found: Option<&Explained>, typed: &str) -> Content {
    let t = Line::of(place.language());
    let p = &t.ledger.proof;
    let broken = |step: Step| plain(&p.failed_at, &[("number", &(step as usize + 1).to_string())]);
    let (heading, verdict) = match found.map(|found| found.fault) {
        None => (&p.heading, None),
        Some(None) => (&p.holds, Some(badge(("well", "well", &p.held)))),
        Some(Some((step, Fault::OtherLog))) => (&p.broken_other, Some(badge(("wait", "unsure", &broken(step))))),
        Some(Some((step, _))) => (&p.broken, Some(badge(("stop", "wait", &broken(step))))),
    };
    let page = Proof {
        t,
        heading,
        verdict,
        steps: found.map(|found| Step::ALL.map(|step| row(t, found, step)).into()).unwrap_or_default(),
        event: found.and_then(|found| event(t, found)),
        held: found.is_some_and(|found| found.fault.is_none()),
        typed,
        ledger: place.link("/ledger"),
        check: place.link("/ledger/check"),
    };
    let title = if found.is_some() { heading } else { &p.title };
    Content::new(Area::Ledger, title, &page).public("/ledger/check", found.is_none())
}

fn row(t: &'static Line, found: &Explained, step: Step) -> Row {
    let p = &t.ledger.proof;
    let asks = match step {
        Step::Form => &p.form,
        Step::Signature => &p.signature,
        Step::Entry => &p.entry,
        Step::Path => &p.path,
    };
    let (state, why) = match (found.held(step), found.taken(step)) {
        (true, _) => (("well", "well", &*p.held), held(p, found, step)),
        (false, true) => (("stop", "wait", &*p.failed), fault(p, found)),
        (false, false) => (("quiet", "silent", &*p.not_taken), Sentence::default()),
    };
    Row { asks, state: badge(state), why }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a step that held found.
fn held(p: &ProofWords, found: &Explained, step: Step) -> Sentence {
    let (index, hashes) = found.place.unwrap_or_default();
    let (index, digests) = (count(index), p.digests.of(hashes as u64));
    match (step, &found.signed, &found.told) {
        (Step::Signature, Some(signed), _) => sentence(
            &p.signature_held,
            &[
                ("origin", Slot::Code(&signed.origin)),
                ("entries", Slot::Text(&p.entries.of(signed.size))),
                ("now", Slot::Text(&count(signed.size_now.max(signed.size)))),
            ],
        ),
        (Step::Entry, _, Some(told)) => sentence(&p.entry_held, &[("leaf", Slot::Code(&hex(&told.leaf)))]),
        (Step::Path, Some(signed), _) => {
            sentence(&p.path_held, &[("digests", Slot::Text(&digests)), ("root", Slot::Code(&hex(&signed.root)))])
        }
        _ => sentence(&p.form_held, &[("index", Slot::Text(&index)), ("digests", Slot::Text(&digests))]),
    }
}

/// Why the broken step broke.
fn fault(p: &ProofWords, found: &Explained) -> Sentence {
    let text = match found.fault.map(|(_, fault)| fault) {
        Some(Fault::Unreadable) | None => &p.fault_unreadable,
        Some(Fault::OtherLog) => &p.fault_other_log,
        Some(Fault::BadSignature) => &p.fault_bad_signature,
        Some(Fault::NoEntry) => &p.fault_no_entry,
        Some(Fault::WrongLength) => &p.fault_wrong_length,
        Some(Fault::AnotherRoot) => &p.fault_another_root,
    };
    sentence(text, &[("origin", Slot::Code(found.claimed.as_deref().unwrap_or_default()))])
}

/// The event, once the whole proof held: before that its words are nobody's.
fn event(t: &'static Line, found: &Explained) -> Option<Event> {
    let told = found.told.as_ref().filter(|_| found.fault.is_none())?;
    let text = |name: &str| told.event.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let kind = text("kind");
    Some(Event {
        device: text("device"),
        sequence: told.event.get("sequence").map(ToString::to_string).unwrap_or_default(),
        at: Timestamp::parse(&text("at")).map(|at| t.texts.date.minute(at)),
        whole: serde_json::to_string_pretty(&told.event).unwrap_or_default(),
        kind: t.ledger.event(&kind).map(str::to_owned).unwrap_or(kind),
    })
}
