//! One device: its life as a pass and as a line of events, what may be done with it, what it runs.

use super::devices::{Badge, of_device, update};
use super::handing::{self, Beside};
use super::{Area, words};
use crate::desk::Desk;
use crate::page::stamp::{self, Stamp};
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::console::Console;
use crate::texts::fleet::Fleet;
use crate::texts::{Line, Texts};
use askama::Template;
use axum::response::Response;
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::device::{Condition, Stage};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::filter::Update;
use tegata_domain::finding::Finding;
use tegata_domain::lookup::Lookup;
use tegata_domain::number::{Number, Serial};
use tegata_domain::time::Timestamp;
use tegata_usecase::device::{Act, Seen};
use tegata_usecase::release::Standing;

/// All that the page shows.
pub(crate) struct Whole {
    pub seen: Seen,
    pub lookup: Lookup,
    pub events: Vec<(Event, Option<u64>)>,
    /// Before which event earlier ones are.
    pub earlier: Option<u32>,
    /// No later event of the line follows these.
    pub newest: bool,
    pub certificates: Vec<(Serial, Certificate)>,
    pub findings: Vec<Finding>,
    pub standing: Standing,
    pub acts: Vec<Act>,
    pub beside: Beside,
    pub now: Timestamp,
}

/// An event of the line.
struct Told {
    sequence: u32,
    what: String,
    at: Moment,
    by: Option<&'static str>,
    words: Vec<Sentence>,
    /// The address of its proof, and the words of the link.
    proof: Option<(String, String)>,
    /// Why there is none.
    without: &'static str,
}

/// An act as it is offered.
pub(super) struct Doing {
    /// Its word in forms.
    pub value: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What follows from it.
    pub why: &'static str,
}

struct Found {
    what: String,
    since: Moment,
    closed: Option<String>,
    open: bool,
}

struct Out {
    version: String,
    since: Moment,
    badge: Badge,
}

struct Paper {
    name: &'static str,
    badge: Badge,
    until: Sentence,
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "console/device.html")]
struct Device<'a> {
    c: &'static Console,
    f: &'static Fleet,
    t: &'static Texts,
    what: Sentence,
    number: String,
    title: String,
    stopped: bool,
    sealed: bool,
    badges: Vec<Badge>,
    heard: Option<Moment>,
    model: String,
    maker: String,
    serial: String,
    gtin: String,
    supported: Moment,
    own: bool,
    period: String,
    runs: Option<String>,
    runs_since: Option<Moment>,
    head_event: String,
    head: String,
    stamps: Vec<Stamp>,
    events: Vec<Told>,
    earlier: Option<String>,
    /// What is another's of the events after them.
    later: Option<String>,
    findings: Vec<Found>,
    acts: Vec<Doing>,
    releases: Vec<Out>,
    papers: Vec<Paper>,
    handing: Sentence,
    token: &'a str,
}

/// The words of an act; `None` where people do it nowhere in the console.
pub(super) fn doing(f: &'static Fleet, act: Act) -> Option<Doing> {
    let a = &f.act;
    let (value, name, why) = match act {
        Act::Confirm => return None,
        Act::Ship => ("ship", &a.ship, &a.ship_why),
        Act::Receive => ("receive", &a.receive, &a.receive_why),
        Act::Install => ("install", &a.install, &a.install_why),
        Act::Quarantine => ("quarantine", &a.quarantine, &a.quarantine_why),
        Act::Release => ("release", &a.release, &a.release_why),
        Act::Repair => ("repair", &a.repair, &a.repair_why),
        Act::Recall => ("recall", &a.recall, &a.recall_why),
        Act::Retire => ("retire", &a.retire, &a.retire_why),
    };
    Some(Doing { value, name, why })
}

fn told((event, index): &(Event, Option<u64>), number: &str, (line, f): (&'static Line, &'static Fleet)) -> Told {
    let t = line.texts;
    let d = &f.device;
    let text = |name: &str| event.data.get(name).and_then(|value| value.as_str());
    let by = match text("by") {
        Some("maker") => Some(&*d.by_maker),
        Some("owner") => Some(&*d.by_owner),
        Some("device") => Some(&*d.by_device),
        Some("platform") => Some(&*d.by_platform),
        _ => None,
    };
    let mut words = Vec::new();
    let said = [("reason", &d.reason), ("to", &d.to), ("witness", &d.witness), ("version", &d.version)];
    for (name, form) in said {
        if let Some(value) = text(name) {
            // a word of ours stands there where the platform acted
            let value = line.finding.title(value).unwrap_or(value);
            words.push(sentence(form, &[(name, Slot::Name(value))]));
        }
    }
    if let Some(kind) = text("kind") {
        let kind = line.finding.title(kind).unwrap_or(kind);
        words.push(sentence(&d.found, &[("kind", Slot::Text(kind))]));
    }
    if let Some(all) = event.data.get("presumed").and_then(|value| value.as_array()) {
        let known = |value: &serde_json::Value| Stage::ALL.into_iter().find(|one| Some(one.name()) == value.as_str());
        let stages: Vec<&str> = all.iter().filter_map(known).map(|one| stamp::stage(t, one)).collect();
        words.push(sentence(&d.presumed, &[("stages", Slot::Text(&stages.join(", ")))]));
    }
    if let Some(at) = text("reported_at").and_then(Timestamp::parse) {
        words.push(sentence(&d.reported, &[("time", Slot::Time(&t.date.minute(at)))]));
    }
    let (erased, bare) = (event.kind == EventKind::Erased, event.data.is_null());
    let without = match (erased, bare) {
        (true, _) => &d.erased,
        (_, true) => &d.hidden,
        _ => &d.no_proof,
    };
    let provable = index.is_some() && !erased && !bare;
    let kind = event.kind.name();
    let what = match text("stage") {
        // the first sign of life has no kind of its own
        Some("in_use") => stamp::stage(t, Stage::InUse).to_owned(),
        _ => line.ledger.event(kind).unwrap_or(kind).to_owned(),
    };
    Told {
        sequence: event.sequence,
        what,
        at: t.date.minute(event.at),
        by,
        words,
        proof: provable.then(|| {
            let words = plain(&d.proof, &[("sequence", &event.sequence.to_string())]);
            (format!("/console/devices/{number}/proof/{}", event.sequence), words)
        }),
        without,
    }
}

fn paper(one: &(Serial, Certificate), number: &str, now: Timestamp, (t, f): (&'static Texts, &'static Fleet)) -> Paper {
    let (serial, certificate) = one;
    let d = &f.device;
    let holds = certificate.refusal(now).is_none();
    let badge = match holds {
        true => Badge { form: "well", icon: "well", word: &d.valid },
        false => Badge { form: "quiet", icon: "ended", word: &d.ended },
    };
    let until = match certificate.revoked {
        Some((at, _)) => sentence(&d.revoked, &[("time", Slot::Time(&t.date.minute(at)))]),
        None if certificate.not_after >= Timestamp::NEVER => sentence(&d.no_end, &[]),
        None => sentence(&d.until, &[("time", Slot::Time(&t.date.minute(certificate.not_after)))]),
    };
    let name = if certificate.kind == CertificateKind::Idevid { &d.idevid } else { &d.ldevid };
    let kept = !certificate.der.is_empty();
    Paper { name, badge, until, link: kept.then(|| format!("/console/devices/{number}/certificates/{serial}")) }
}

fn releases(whole: &Whole, (t, f): (&'static Texts, &'static Fleet)) -> Vec<Out> {
    let d = &f.device;
    let running = whole.standing.running.as_ref();
    let one = |release: &tegata_domain::release::Release| {
        let runs = running.is_some_and(|running| running.row == release.row);
        let newer = running.is_some_and(|running| running.security_version < release.security_version);
        let badge = match (runs, newer) {
            (true, _) => Badge { form: "well", icon: "well", word: &d.running },
            (_, true) => Badge { form: "wait", icon: "wait", word: &d.newer },
            _ => Badge { form: "quiet", icon: "silent", word: &d.other },
        };
        Out { version: release.version.clone(), since: t.date.day(release.created_at), badge }
    };
    whole.standing.newest.iter().map(one).collect()
}

fn title(t: &'static Texts, f: &'static Fleet, whole: &Whole) -> String {
    let d = &f.device;
    let condition = match whole.seen.device.condition {
        Condition::Well => &d.title_well,
        Condition::Suspect => &d.title_suspect,
        Condition::Quarantined => &d.title_quarantined,
        Condition::Recalled => &d.title_recalled,
    };
    let update = match whole.standing.update {
        Some(Update::Waiting) => &d.update_waiting,
        Some(Update::Current) => &d.update_current,
        Some(Update::Unknown) => &d.update_unknown,
        None => &d.update_ended,
    };
    let stage = stamp::stage(t, whole.seen.device.stage);
    if of_device(f, &whole.seen.device).is_none() {
        return plain(&d.title_over, &[("stage", stage), ("update", update)]);
    }
    plain(&d.title, &[("stage", stage), ("condition", condition), ("update", update)])
}

fn badges(f: &'static Fleet, whole: &Whole) -> Vec<Badge> {
    let device = &whole.seen.device;
    let unconfirmed = Badge { form: "wait", icon: "unsure", word: &f.device.unconfirmed };
    let parts = [
        of_device(f, device),
        (!device.confirmed).then_some(unconfirmed),
        whole.standing.update.map(|one| update(f, one)),
    ];
    parts.into_iter().flatten().collect()
}

/// The chosen language as a further part of a query.
fn lang(desk: &Desk) -> String {
    desk.place().chosen().map(|language| format!("&lang={}", language.tag())).unwrap_or_default()
}

/// Of a device that went on to another: how many of its last events are not for this reader.
fn later(f: &'static Fleet, whole: &Whole) -> Option<String> {
    let told = whole.events.last().map(|(event, _)| event.sequence)?;
    let later = whole.seen.device.sequence.checked_sub(told).filter(|later| whole.newest && *later > 0)?;
    Some(f.device.later.of(later.into()))
}

/// The page.
pub(crate) fn render(desk: &Desk, whole: &Whole) -> Response {
    let (t, c) = words(desk);
    let (f, line) = (Fleet::of(desk.place().language()), Line::of(desk.place().language()));
    let (seen, device) = (&whole.seen, &whole.seen.device);
    let number = seen.number.to_string();
    let finding = |one: &Finding| Found {
        what: line.finding.kind(&one.kind).title.clone(),
        since: t.date.minute(one.at),
        closed: one.closed.as_ref().map(|(_, reason)| line.finding.reason(reason).to_owned()),
        open: one.closed.is_none(),
    };
    let running = seen.running.as_ref().map(|(running, _)| running);
    let page = Device {
        c,
        f,
        t,
        what: sentence(&f.device.what, &[("number", Slot::Code(&number))]),
        title: title(t, f, whole),
        stopped: matches!(device.condition, Condition::Quarantined | Condition::Recalled),
        sealed: whole.lookup.stamps[Stage::Made as usize].proved,
        badges: badges(f, whole),
        heard: seen.seen_at.map(|at| t.date.minute(at)),
        model: format!("{} {}", seen.product.name, seen.product.model),
        maker: whole.lookup.maker.to_string(),
        serial: device.serial.clone(),
        gtin: seen.product.gtin.clone(),
        supported: t.date.month(seen.product.support_end),
        own: device.owner == desk.visitor.organisation.row,
        period: plain(&f.device.period, &[("count", &device.period.to_string())]),
        runs: running.map(|running| running.version.clone()),
        runs_since: running.map(|running| t.date.minute(running.at)),
        head_event: plain(&f.device.head_event, &[("sequence", &device.sequence.to_string())]),
        head: device.head.iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
        stamps: stamp::stamps(t, &whole.lookup),
        events: whole.events.iter().rev().map(|one| told(one, &number, (line, f))).collect(),
        earlier: whole.earlier.map(|before| format!("?before={before}{}", lang(desk))),
        later: later(f, whole),
        findings: whole.findings.iter().map(finding).collect(),
        acts: whole.acts.iter().filter_map(|act| doing(f, *act)).collect(),
        releases: releases(whole, (t, f)),
        papers: whole.certificates.iter().map(|one| paper(one, &number, whole.now, (t, f))).collect(),
        handing: handing::part(desk, seen, &whole.beside, whole.now),
        token: desk.token(),
        number,
    };
    desk.page(Area::Devices, &plain(&f.device.what, &[("number", &page.number)]), &page)
}

#[derive(Template)]
#[template(path = "console/sure.html")]
struct Sure<'a> {
    f: &'static Fleet,
    what: Sentence,
    heading: String,
    text: &'static str,
    number: String,
    act: &'static str,
    reason: &'a str,
    token: &'a str,
}

/// The question whether an act is meant that cannot be taken back, or reaches others.
pub(crate) fn sure(desk: &Desk, number: Number, act: Act, reason: &str) -> Response {
    let f = Fleet::of(desk.place().language());
    let number = number.to_string();
    let Some(doing) = doing(f, act) else { return desk.to("/console/devices") };
    let text = if act == Act::Retire { &f.device.sure_retire } else { &f.device.sure_recall };
    let title = plain(&f.device.sure_title, &[("act", doing.name), ("number", &number)]);
    let heading = plain(&f.device.sure_heading, &[("act", doing.name)]);
    let what = sentence(&f.device.what, &[("number", Slot::Code(&number))]);
    let page = Sure { f, what, heading, text, number, act: doing.value, reason, token: desk.token() };
    desk.page(Area::Devices, &title, &page)
}
