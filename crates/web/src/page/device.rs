//! The page of one device: what is this, and must I do anything?

use super::Place;
use super::answer::{self, Advice};
use super::facts;
use super::frame::{self, Head};
use super::item::{Field, Line};
use super::report::{self, Form};
use super::stamp::{self, Proof, Stamp};
use super::tier::{self, Act, Tier};
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::Texts;
use crate::texts::visit::Visit;
use askama::Template;
use tegata_domain::device::Stage;
use tegata_domain::lookup::Lookup;
use tegata_domain::number::Number;

#[derive(Template)]
#[template(path = "lookup/device.html")]
struct Device {
    t: &'static Texts,
    v: &'static Visit,
    stopped: bool,
    product: String,
    heading: String,
    lines: Vec<Line>,
    advice: Advice,
    number: String,
    /// Whether the ledger holds the first entry: the seal is struck only then.
    sealed: bool,
    entered: Option<Moment>,
    looked_up: Moment,
    stamps: Vec<Stamp>,
    tiers: [Tier; 3],
    facts_heading: String,
    facts: Vec<Field>,
    check: Option<Check>,
    /// Whether it may change hands.
    claimable: bool,
    claim: Sentence,
    claim_link: String,
    report: Form,
    entries: Sentence,
    head: String,
}

/// How to check the first entry without this server.
struct Check {
    keys: Sentence,
    run: Sentence,
    proof: Proof,
}

/// The name for the file behind `/d/{number}/proof/{sequence}`, for its `Content-Disposition`.
pub fn proof_file_name(number: Number, sequence: u32) -> String {
    stamp::file_name(number, sequence)
}

/// The page of a device.
pub fn render(place: &Place<'_>, lookup: &Lookup) -> String {
    let (t, v) = (Texts::of(place.language()), Visit::of(place.language()));
    let noun = facts::noun(t, lookup.product.sector);
    let product = facts::product_line(&lookup.product);
    let word = answer::word(t, lookup.answer);
    let title = plain(&t.answer.title, &[("answer", word), ("product", &product)]);
    let made = lookup.stamps[Stage::Made as usize];
    let page = Device {
        t,
        v,
        stopped: answer::stops(lookup),
        product,
        heading: plain(&t.answer.heading, &[("answer", word)]),
        lines: answer::lines((t, v), lookup, noun, made.proved),
        advice: answer::advice((t, v), lookup, noun),
        number: lookup.number.to_string(),
        sealed: made.proved,
        entered: made.at.map(|at| t.date.day(at)),
        looked_up: t.date.minute(lookup.at),
        stamps: stamp::stamps(t, lookup),
        tiers: tier::tiers(place, lookup, noun, made.proved),
        facts_heading: plain(&t.facts.heading, &[("noun", noun)]),
        facts: facts::of_device((t, v), lookup, noun),
        check: made.sequence.filter(|_| made.proved).map(|sequence| check(t, lookup.number, sequence)),
        claimable: !answer::stops(lookup) && lookup.stage != Stage::Retired,
        claim: sentence(&v.claim.text, &[("noun", Slot::Text(noun))]),
        claim_link: place.link("/claim"),
        report: report::form(place, lookup, noun),
        entries: entries(t, lookup),
        head: lookup.head.1.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    frame::page(place, Head { title: &title, listed: false, route: "/d/{number}" }, &page)
}

fn check(t: &'static Texts, number: Number, sequence: u32) -> Check {
    let proof = Proof::of(number, sequence, &t.check.button);
    let command = format!("tegata verify {} --keys keys", proof.file);
    Check {
        keys: sentence(&t.check.keys, &[("keys", Slot::Link("/ledger/keys", &t.check.keys_link))]),
        run: sentence(&t.check.run, &[("command", Slot::Code(&command))]),
        proof,
    }
}

fn entries(t: &'static Texts, lookup: &Lookup) -> Sentence {
    let (count, proved) = (lookup.head.0.to_string(), lookup.proved.min(lookup.head.0).to_string());
    sentence(&t.check.proved, &[("count", Slot::Text(&count)), ("proved", Slot::Text(&proved))])
}
