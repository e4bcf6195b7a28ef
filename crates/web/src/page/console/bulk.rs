//! Acts on many devices: what one would touch, how far it is, what became of each device.
//!
//! Invariant: what is counted here stands in what will be done, device by device; nothing is an estimate.

use super::devices::{Badge, condition, update};
use super::{Area, words};
use crate::desk::Desk;
use crate::page::shape::tall_bar;
use crate::page::stamp;
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::Texts;
use crate::texts::bulk::Bulks;
use crate::texts::figure::Figures;
use crate::texts::figure::{Count, count as figure};
use crate::texts::fleet::Fleet;
use askama::Template;
use axum::response::Response;
use tegata_domain::bulk::{Bulk, BulkState, Outcome};
use tegata_domain::device::{Condition, Stage};
use tegata_domain::filter::{Filter, Update};
use tegata_usecase::bulk::{Entry, OfPlace, Seen};
use tegata_usecase::device::Act;

/// All that the page of one shows.
pub(crate) struct Shown<'a> {
    pub seen: &'a Seen,
    pub places: &'a [OfPlace],
    pub devices: &'a [Entry],
    /// Only those that were passed over.
    pub passed: bool,
    pub next: Option<String>,
    /// The token of its forms, for who may do this.
    pub form: Option<&'a str>,
    /// What the filter names by ids: product, release, published before.
    pub names: [Option<String>; 3],
    /// Why it was not started.
    pub refused: Option<&'a str>,
    /// That was for the number.
    pub miscounted: bool,
}

/// Words of three catalogues.
#[derive(Clone, Copy)]
struct Words {
    figures: &'static Figures,
    t: &'static Texts,
    f: &'static Fleet,
    b: &'static Bulks,
}

fn all_words(desk: &Desk) -> Words {
    let language = desk.place().language();
    Words { figures: Figures::of(language), t: words(desk).0, f: Fleet::of(language), b: Bulks::of(language) }
}

/// The name of an act.
fn name(f: &'static Fleet, act: Act) -> &'static str {
    super::device::doing(f, act).map_or("", |doing| doing.name)
}

fn state(b: &'static Bulks, state: BulkState) -> Badge {
    let (form, icon) = match state {
        BulkState::Gathering => ("quiet", "silent"),
        BulkState::Ready => ("wait", "wait"),
        BulkState::Running => ("well", "running"),
        BulkState::Stopped => ("stop", "pause"),
        BulkState::Finished => ("well", "well"),
    };
    Badge { form, icon, word: &b.state[state.name()] }
}

fn outcome(b: &'static Bulks, outcome: Outcome) -> Badge {
    let (form, icon) = match outcome {
        Outcome::Waiting => ("wait", "wait"),
        Outcome::Done => ("well", "well"),
        _ => ("quiet", "ended"),
    };
    Badge { form, icon, word: &b.outcome[outcome.name()] }
}

fn counted(words: &'static std::collections::BTreeMap<String, Count>, act: Act, count: u64) -> String {
    words.get(act.name()).map(|form| form.of(count)).unwrap_or_default()
}

struct Row {
    link: String,
    name: &'static str,
    reason: String,
    state: Badge,
    devices: String,
    since: Moment,
    by: Option<String>,
}

#[derive(Template)]
#[template(path = "console/bulks.html")]
struct List {
    b: &'static Bulks,
    title: String,
    rows: Vec<Row>,
    devices: String,
    next: Option<String>,
}

/// The list.
pub(crate) fn list(desk: &Desk, all: &[Seen], next: Option<String>) -> Response {
    let Words { t, f, b, .. } = all_words(desk);
    let row = |seen: &Seen| Row {
        link: desk.place().link(&format!("/console/bulks/{}", seen.bulk.uid)),
        name: name(f, seen.act),
        reason: seen.bulk.reason.clone(),
        state: state(b, seen.bulk.state),
        devices: figure(seen.bulk.counts.chosen),
        since: t.date.minute(seen.bulk.created_at),
        by: seen.by.clone(),
    };
    let running = all.iter().filter(|seen| seen.bulk.state == BulkState::Running).count() as u64;
    let title = match (all.is_empty(), running) {
        (true, _) => b.list.none.clone(),
        (_, 0) => b.list.none_runs.clone(),
        (_, some) => b.list.runs.of(some),
    };
    let devices = desk.place().link("/console/devices");
    let page = List { b, title, rows: all.iter().map(row).collect(), devices, next };
    desk.page(Area::Devices, &b.list.what, &page)
}

/// Devices that stood alike.
struct Group {
    model: String,
    stage: &'static str,
    condition: Badge,
    becomes: Badge,
    devices: String,
}

/// One device.
struct Device {
    number: String,
    /// Nothing where it is another's by now.
    own: Option<Own>,
    outcome: Badge,
}

struct Own {
    link: String,
    model: String,
    serial: String,
    stage: &'static str,
    condition: Badge,
}

/// What may be said to it.
struct Ask<'a> {
    token: &'a str,
    /// What it says about the act before it is confirmed.
    warning: Option<&'static str>,
    label: String,
    confirm: Option<String>,
    refused: Option<String>,
    withdraw: bool,
    stop: bool,
    resume: Option<String>,
}

#[derive(Template)]
#[template(path = "console/bulk.html")]
struct One<'a> {
    b: &'static Bulks,
    figures: &'static Figures,
    what: Sentence,
    list: String,
    base: String,
    /// The chosen language as a query, for the forms.
    lang: String,
    live: String,
    heading: String,
    state: Badge,
    halt: Option<&'static str>,
    /// While it moves by itself: where to look again.
    again: Option<String>,
    /// What was passed over before it began.
    left: Option<String>,
    bar: Option<Sentence>,
    legend: [String; 3],
    groups: Vec<Group>,
    more: Option<String>,
    sum: String,
    devices: Vec<Device>,
    passed: bool,
    next: Option<String>,
    other: String,
    ask: Option<Ask<'a>>,
    /// It waits to be confirmed or withdrawn.
    asking: bool,
    facts: Vec<(&'static str, Vec<Sentence>)>,
    filter: String,
    export: String,
}

/// The page of one.
pub(crate) fn one(desk: &Desk, shown: &Shown<'_>) -> Response {
    let w @ Words { f, b, .. } = all_words(desk);
    let (seen, bulk) = (shown.seen, &shown.seen.bulk);
    let (place, counts) = (desk.place(), bulk.counts);
    let base = format!("/console/bulks/{}", bulk.uid);
    let begun = bulk.started_at.is_some();
    let act = name(f, seen.act);
    let said = |text: &str, count| plain(text, &[("count", &figure(count))]);
    let (groups, more) = groups(w, shown.places, begun);
    let moving = matches!(bulk.state, BulkState::Gathering | BulkState::Running);
    let page = One {
        b,
        figures: Figures::of(place.language()),
        what: sentence(&b.one.what, &[("act", Slot::Text(act))]),
        list: place.link("/console/bulks"),
        live: format!("/console/live/bulks/{}", bulk.uid),
        heading: heading(w, seen),
        state: state(b, bulk.state),
        halt: bulk.halt.map(|halt| &*b.halt[halt.name()]),
        again: moving.then(|| place.link(&base)),
        left: (counts.left > 0 && bulk.gathered_at.is_some()).then(|| match begun {
            true => said(&b.one.left_out, counts.left),
            false => b.one.left.of(counts.left),
        }),
        bar: begun.then(|| tall_bar((counts.done, counts.passed), counts.chosen)),
        legend: [
            said(&b.one.done, counts.done),
            said(&b.one.passed, counts.passed),
            said(&b.one.waiting, counts.waiting()),
        ],
        groups,
        more,
        sum: figure(counts.looked()),
        devices: shown.devices.iter().map(|entry| device(desk, w, (entry, begun))).collect(),
        passed: shown.passed,
        next: shown.next.clone(),
        other: if shown.passed { place.link(&base) } else { place.link_with(&base, "passed=1") },
        asking: matches!(bulk.state, BulkState::Gathering | BulkState::Ready) && shown.form.is_some(),
        ask: shown.form.and_then(|token| ask(w, shown, token)),
        facts: facts(w, shown),
        filter: place.link_with("/console/devices", &bulk.filter.to_string()),
        export: format!("bulk-devices?bulk={}&", bulk.uid),
        lang: lang(desk),
        base,
    };
    desk.page(Area::Devices, &plain(&b.one.what, &[("act", act)]), &page)
}

/// The chosen language as a query of its own.
fn lang(desk: &Desk) -> String {
    desk.place().chosen().map(|language| format!("?lang={}", language.tag())).unwrap_or_default()
}

fn heading(Words { figures, f, b, .. }: Words, seen: &Seen) -> String {
    let (bulk, o) = (&seen.bulk, &b.one);
    let counts = bulk.counts;
    let text = match bulk.state {
        BulkState::Gathering => return o.gathering.of(counts.looked()),
        BulkState::Ready if counts.chosen == 0 => &o.empty,
        BulkState::Ready => return counted(&b.question, seen.act, counts.chosen),
        BulkState::Running => &o.running,
        BulkState::Stopped if bulk.started_at.is_none() => &o.withdrawn,
        BulkState::Stopped => &o.stopped,
        BulkState::Finished => &o.finished,
    };
    let (done, devices) = (figure(counts.done), figures.devices.of(counts.chosen));
    plain(text, &[("act", name(f, seen.act)), ("done", &done), ("devices", &devices)])
}

/// Lines of the table of what it touches.
const GROUPS: usize = 60;

/// Those that are touched first, then those that are not; and how many lines there would be more.
fn groups(Words { t, f, b, .. }: Words, places: &[OfPlace], begun: bool) -> (Vec<Group>, Option<String>) {
    let mut sorted: Vec<&OfPlace> = places.iter().collect();
    sorted.sort_by_key(|one| (one.place.outcome.is_passed(), std::cmp::Reverse(one.devices)));
    let more = sorted.len().saturating_sub(GROUPS) as u64;
    let group = |one: &OfPlace| Group {
        model: one.product.model.clone(),
        stage: stamp::stage(t, one.place.stage),
        condition: condition(f, one.place.condition),
        becomes: match one.place.outcome {
            Outcome::Waiting if begun => Badge { form: "well", icon: "well", word: &b.one.chosen },
            other => outcome(b, other),
        },
        devices: figure(one.devices),
    };
    let groups = sorted.into_iter().take(GROUPS).map(group).collect();
    (groups, (more > 0).then(|| b.one.more.of(more)))
}

fn device(desk: &Desk, Words { t, f, b, .. }: Words, (entry, begun): (&Entry, bool)) -> Device {
    let number = entry.number.to_string();
    let own = entry.device.as_ref().map(|seen| Own {
        link: desk.place().link(&format!("/console/devices/{number}")),
        model: seen.product.model.clone(),
        serial: seen.device.serial.clone(),
        stage: stamp::stage(t, seen.device.stage),
        condition: condition(f, seen.device.condition),
    });
    let became = match entry.outcome {
        Outcome::Waiting if begun => Badge { form: "quiet", icon: "silent", word: &b.one.waits },
        other => outcome(b, other),
    };
    Device { number, own, outcome: became }
}

fn ask<'a>(Words { figures, b, .. }: Words, shown: &Shown<'a>, token: &'a str) -> Option<Ask<'a>> {
    let (seen, bulk) = (shown.seen, &shown.seen.bulk);
    let ready = bulk.state == BulkState::Ready;
    let chosen = bulk.counts.chosen;
    let count = figure(chosen);
    let devices = figures.devices.of(chosen);
    let said = |text: &str| plain(text, &[("count", &count), ("devices", &devices)]);
    let ask = Ask {
        token,
        warning: match seen.act {
            Act::Retire => Some(&*b.one.confirm_retire),
            Act::Recall => Some(&*b.one.confirm_recall),
            _ => None,
        },
        label: said(&b.one.count),
        confirm: (ready && chosen > 0).then(|| counted(&b.button, seen.act, chosen)),
        refused: shown.refused.map(|why| if shown.miscounted { said(&b.one.count_wrong) } else { why.to_owned() }),
        withdraw: matches!(bulk.state, BulkState::Gathering | BulkState::Ready),
        stop: bulk.state == BulkState::Running,
        resume: is_to_go_on(bulk).then(|| b.one.resume.of(bulk.counts.waiting())),
    };
    (ask.withdraw || ask.stop || ask.resume.is_some()).then_some(ask)
}

fn is_to_go_on(bulk: &Bulk) -> bool {
    bulk.state == BulkState::Stopped && bulk.started_at.is_some() && bulk.counts.waiting() > 0
}

/// What was asked for, by whom, when.
fn facts(w: Words, shown: &Shown<'_>) -> Vec<(&'static str, Vec<Sentence>)> {
    let Words { t, f, b, .. } = w;
    let (o, bulk) = (&b.one, &shown.seen.bulk);
    let text = |text: &str| sentence("{text}", &[("text", Slot::Text(text))]);
    let name_of = |text: &str| sentence("{text}", &[("text", Slot::Name(text))]);
    let mut facts = vec![
        (&*o.act, vec![text(name(f, shown.seen.act))]),
        (&o.reason, vec![name_of(&bulk.reason)]),
        (&o.filter, filter(w, &bulk.filter, &shown.names)),
        (&o.by, vec![shown.seen.by.as_ref().map_or_else(|| text(&o.nobody), |by| name_of(by))]),
    ];
    let times = [(&o.prepared, Some(bulk.created_at)), (&o.started, bulk.started_at), (&o.ended, bulk.ended_at)];
    for (label, at) in times {
        if let Some(at) = at {
            facts.push((label, vec![sentence("{at}", &[("at", Slot::Time(&t.date.minute(at)))])]));
        }
    }
    facts
}

/// A filter in words, a part a line.
fn filter(Words { t, f, b, .. }: Words, filter: &Filter, names: &[Option<String>; 3]) -> Vec<Sentence> {
    let d = &f.devices;
    if filter.is_all() {
        return vec![sentence("{text}", &[("text", Slot::Text(&b.one.filter_all))])];
    }
    let mut lines = Vec::new();
    let mut part = |label: &str, value: &str| {
        let slots = [("label", Slot::Text(label)), ("value", Slot::Name(value))];
        lines.push(sentence("{label}: {value}", &slots));
    };
    if let Some(side) = filter.whose {
        part(&d.whose, [&d.whose_owned, &d.whose_made][side as usize]);
    }
    let ids = [filter.product, filter.release, filter.older];
    for ((label, id), name) in [&d.product, &d.release, &d.older].into_iter().zip(ids).zip(names) {
        if let Some(id) = id {
            part(label, name.as_deref().unwrap_or(&id.to_string()));
        }
    }
    let chosen = |all: Vec<(u8, &'static str)>, choice: tegata_domain::filter::Choice| {
        let named: Vec<&str> = all.into_iter().filter(|(code, _)| choice.names(*code)).map(|(_, word)| word).collect();
        (!named.is_empty()).then(|| named.join(", "))
    };
    let updates = Update::ALL.map(|one| (one as u8, update(f, one).word)).to_vec();
    let stages = Stage::ALL.map(|one| (one as u8, stamp::stage(t, one))).to_vec();
    let conditions = Condition::ALL.map(|one| (one as u8, condition(f, one).word)).to_vec();
    let choices = [
        (&d.update, updates, filter.update),
        (&d.stage, stages, filter.stage),
        (&d.condition, conditions, filter.condition),
    ];
    for (label, all, choice) in choices {
        if let Some(words) = chosen(all, choice) {
            part(label, &words);
        }
    }
    if let Some(days) = filter.silent {
        part(&d.silent, &format!("{days} {}", d.silent_hint));
    }
    lines
}

/// What the list of devices offers.
pub(super) struct Offer {
    pub b: &'static Bulks,
    /// Where it is sent.
    pub action: String,
    /// Value, name, what follows from it.
    pub acts: Vec<(&'static str, &'static str, &'static str)>,
}

/// The acts that who is here may do to many devices; `None` where there is none.
pub(super) fn offer(desk: &Desk) -> Option<Offer> {
    let language = desk.place().language();
    let (f, b) = (Fleet::of(language), Bulks::of(language));
    let acts = Act::all().filter(|(_, act)| desk.may(act.operation()));
    let acts: Vec<_> = acts.filter_map(|(_, act)| super::device::doing(f, act)).collect();
    let acts: Vec<_> = acts.into_iter().map(|doing| (doing.value, doing.name, doing.why)).collect();
    (!acts.is_empty()).then(|| Offer { b, action: desk.place().link("/console/bulks"), acts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn a_filter_is_told_in_words() {
        let language = Language::En;
        let w = Words {
            figures: Figures::of(language),
            t: Texts::of(language),
            f: Fleet::of(language),
            b: Bulks::of(language),
        };
        let told = |text: &str, names: [Option<String>; 3]| {
            let lines = filter(w, &Filter::parse(text).expect("a filter"), &names);
            lines.iter().map(|line| line.html().replace("<bdi>", "").replace("</bdi>", "")).collect::<Vec<_>>()
        };
        assert_eq!(told("", [None, None, None]), ["All devices that you own or made"]);
        let text = "whose=owned&stage=shipped,in_use&condition=well&silent=14";
        let parts = ["Whose: Owned by you", "Stage: Shipped, In use", "Condition: Well"];
        let lines = told(text, [None, None, None]);
        assert_eq!(lines[..3], parts);
        assert!(lines[3].contains("14"), "{lines:?}");
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(told(&format!("product={id}"), [None, None, None]), [format!("Product: {id}")]);
        assert_eq!(told(&format!("product={id}"), [Some("Pump P1".into()), None, None]), ["Product: Pump P1"]);
    }
}
