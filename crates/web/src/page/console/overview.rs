//! The overview: what needs somebody today, and how all devices stand.

use super::devices::{Badge, condition, update};
use super::{Area, words};
use crate::desk::Desk;
use crate::page::finding::row as finding_row;
use crate::page::stamp;
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::console::{Console, Step};
use crate::texts::fleet::Fleet;
use crate::texts::{Line as Words, Texts, changed, count};
use askama::Template;
use axum::response::Response;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use tegata_domain::device::{Condition, Stage};
use tegata_domain::product::Product;
use tegata_domain::tally::Side;
use tegata_domain::time::Timestamp;
use tegata_usecase::campaign::Progress;
use tegata_usecase::finding;
use tegata_usecase::tally::{Curve, Standing};

/// Findings and campaigns that are shown.
const MOST: usize = 5;
/// Where the first steps are done.
const FIRST: [&str; 3] = ["/console/products", "/console/batches", "/console/tokens"];
/// Releases that are shown.
const RELEASES: usize = 12;

/// What moves while somebody looks at it.
pub(crate) struct Moving {
    pub standing: Standing,
    /// The oldest of those that are open.
    pub findings: Vec<finding::Seen>,
    pub campaigns: Vec<Progress>,
}

/// All that the page shows.
pub(crate) struct Whole {
    pub moving: Moving,
    /// The product whose releases are drawn.
    pub drawn: Option<Arc<Product>>,
    pub curves: Vec<Curve>,
    pub now: Timestamp,
}

impl Moving {
    /// Another one where a count on the page moved.
    pub(crate) fn mark(&self) -> u64 {
        let standing = &self.standing;
        let sides = standing.now.iter().flat_map(|side| side.stages.into_iter().chain(side.conditions));
        let releases = standing.releases.iter().map(|one| one.devices);
        let findings = self.findings.iter().map(|seen| seen.cursor as u64);
        let groups =
            |one: &Progress| one.groups.iter().flat_map(|group| group.counts.0).map(u64::from).collect::<Vec<_>>();
        let campaigns = self.campaigns.iter().flat_map(groups);
        let all = sides.chain(releases).chain(findings).chain(campaigns);
        all.fold(standing.events.len() as u64, |mark, count| mark.wrapping_mul(1_000_003).wrapping_add(count))
    }
}

struct Reached {
    stage: &'static str,
    count: String,
    link: String,
    most: bool,
}

struct Running {
    line: String,
    /// Thousandths that are done, and on the way.
    done: u64,
    busy: u64,
}

struct OfRelease {
    name: String,
    badge: Badge,
    count: String,
    link: String,
    /// Thousandths.
    share: u64,
}

struct OfCondition {
    badge: Badge,
    count: String,
    change: Option<String>,
    link: String,
}

struct OfSector {
    name: &'static str,
    owned: String,
    made: String,
}

/// The way of one release, drawn.
struct Line {
    class: &'static str,
    path: String,
    name: String,
    y: String,
    /// Percent on the days of the table.
    days: Vec<String>,
}

struct Plot {
    title: String,
    lines: Vec<Line>,
    days: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Overview {
    c: &'static Console,
    f: &'static Fleet,
    what: Sentence,
    empty: bool,
    title: [String; 3],
    waiting: Vec<Sentence>,
    stages: Vec<Reached>,
    campaigns: Vec<Running>,
    plot: Option<Plot>,
    releases: Vec<OfRelease>,
    events: Vec<(String, String)>,
    conditions: Vec<OfCondition>,
    change: String,
    all: String,
    all_change: Option<String>,
    sectors: Vec<OfSector>,
    devices: String,
    /// What to do first where there is nothing yet, and where.
    first: Vec<(String, &'static Step)>,
}

fn waiting(desk: &Desk, whole: &Whole, line: &'static Words) -> Vec<Sentence> {
    let mut all: Vec<_> = whole.moving.findings.iter().collect();
    all.sort_by_key(|one| (Reverse(one.finding.level), one.finding.at));
    all.iter().take(MOST).map(|seen| finding_row(line, &desk.place(), &seen.finding, seen.number)).collect()
}

/// The list of devices with a filter.
fn list(desk: &Desk, filter: &str) -> String {
    let lang = desk.place().chosen().map(|language| format!("&lang={}", language.tag())).unwrap_or_default();
    format!("/console/devices?{filter}{lang}")
}

fn stages(desk: &Desk, whole: &Whole, t: &'static Texts) -> Vec<Reached> {
    let sums =
        Stage::ALL.map(|one| whole.moving.standing.now.iter().map(|side| side.stages[one as usize]).sum::<u64>());
    let most = sums.iter().max().copied().unwrap_or(0);
    let one = |(stage, devices): (Stage, u64)| Reached {
        stage: stamp::stage(t, stage),
        count: count(devices),
        link: list(desk, &format!("stage={}", stage.name())),
        most: devices == most && most > 0,
    };
    Stage::ALL.into_iter().zip(sums).map(one).collect()
}

fn campaign(f: &'static Fleet, one: &Progress) -> Running {
    use tegata_domain::action::ActionState::{Done, Failed, Overdue};
    let sum = |states: &[tegata_domain::action::ActionState]| {
        let of = |state: &tegata_domain::action::ActionState| {
            one.groups.iter().map(|group| u64::from(group.counts.0[*state as usize])).sum::<u64>()
        };
        states.iter().map(of).sum::<u64>()
    };
    let (done, failed) = (sum(&[Done]), sum(&[Failed, Overdue]));
    let busy = u64::from(one.campaign.busy);
    let targets = u64::from(one.campaign.targets.unwrap_or(0));
    let share = |part: u64| (part * 1000).checked_div(targets).unwrap_or(0).min(1000);
    let slots = [
        ("version", &*one.release.version),
        ("done", &count(done)),
        ("busy", &count(busy)),
        ("failed", &count(failed)),
        ("targets", &count(targets)),
    ];
    Running { line: plain(&f.overview.campaign_line, &slots), done: share(done), busy: share(busy) }
}

fn releases(desk: &Desk, whole: &Whole, f: &'static Fleet) -> Vec<OfRelease> {
    let all: u64 = whole.moving.standing.releases.iter().map(|one| one.devices).sum();
    let one = |one: &tegata_usecase::tally::OfRelease| {
        let version = one.release.as_ref().map_or(&*f.overview.not_known, |(_, version)| version);
        let filter = match &one.release {
            Some((uid, _)) => format!("release={uid}"),
            None => format!("product={}&update=unknown", one.product.uid),
        };
        OfRelease {
            name: format!("{} {version}", one.product.model),
            badge: update(f, one.update),
            count: count(one.devices),
            link: list(desk, &filter),
            share: (one.devices * 1000).checked_div(all).unwrap_or(0),
        }
    };
    whole.moving.standing.releases.iter().take(RELEASES).map(one).collect()
}

fn conditions(desk: &Desk, whole: &Whole, f: &'static Fleet) -> Vec<OfCondition> {
    let sum = |sides: &[tegata_usecase::tally::Counts; 2], one: Condition| {
        sides.iter().map(|side| side.conditions[one as usize]).sum::<u64>()
    };
    let standing = &whole.moving.standing;
    let one = |one: Condition| {
        let now = sum(&standing.now, one);
        OfCondition {
            badge: condition(f, one),
            count: count(now),
            change: standing.before.as_ref().map(|(_, before)| changed(sum(before, one), now)),
            link: list(desk, &format!("condition={}", one.name())),
        }
    };
    Condition::ALL.map(one).into()
}

fn events(whole: &Whole, line: &'static Words) -> Vec<(String, String)> {
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    for (_, kind, events) in &whole.moving.standing.events {
        *sums.entry(*kind).or_default() += events;
    }
    let name = |kind: tegata_domain::event::EventKind| line.ledger.event(kind.name()).unwrap_or(kind.name()).to_owned();
    sums.into_iter().map(|(kind, events)| (count(events), name(kind))).collect()
}

/// Days of the table, and the width of the drawing in days.
const DAYS: [u16; 6] = [3, 7, 14, 30, 45, 60];

fn plot(whole: &Whole, (f, all): (&'static Fleet, &'static Words)) -> Option<Plot> {
    let product = whole.drawn.as_ref()?;
    let drawable = whole.curves.iter().filter(|curve| curve.shares.len() > 1);
    let line = |(place, curve): (usize, &Curve)| {
        let point =
            |(day, share): (u16, u16)| (52.0 + f32::from(day.min(60)) * 9.0, 256.0 - f32::from(share.min(1000)) * 0.24);
        let mut path = String::new();
        for (at, one) in curve.shares.iter().enumerate() {
            let (x, y) = point(*one);
            let _fits = write!(path, "{}{x:.0} {y:.1}", if at == 0 { "M" } else { "L" });
        }
        let last = curve.shares.last().copied().map_or(256.0, |last| point(last).1);
        let on = |day: u16| {
            let found = curve.shares.iter().find(|(known, _)| *known == day);
            found.map_or_else(|| "\u{2013}".to_owned(), |(_, share)| all.figure.percent(f64::from(*share) / 10.0))
        };
        Line {
            class: ["line present", "line", "line first"][place.min(2)],
            path,
            name: curve.version.clone(),
            y: format!("{last:.0}"),
            days: DAYS.map(on).into(),
        }
    };
    let lines: Vec<Line> = drawable.enumerate().map(line).collect();
    let days = DAYS.map(|day| plain(&f.overview.speed_day, &[("day", &day.to_string())]));
    let title = plain(&f.overview.speed_lead, &[("model", &product.model)]);
    Some(Plot { title, lines, days: days.into() })
}

/// Sentence by sentence.
fn title(whole: &Whole, f: &'static Fleet, devices: u64) -> [String; 3] {
    let o = &f.overview;
    let findings = match whole.moving.findings.len() as u64 {
        0 => o.findings_none.clone(),
        count => o.findings.of(count),
    };
    let campaigns = match whole.moving.campaigns.len() as u64 {
        0 => o.campaigns_none.clone(),
        count => o.campaigns.of(count),
    };
    [findings, campaigns, o.devices.of(devices)]
}

/// The page.
pub(crate) fn render(desk: &Desk, whole: &Whole) -> Response {
    let (t, c) = words(desk);
    let (f, line) = (Fleet::of(desk.place().language()), Words::of(desk.place().language()));
    let standing = &whole.moving.standing;
    let devices: u64 = standing.now.iter().map(|side| side.devices).sum();
    let before = standing.before.as_ref();
    let change = |at: &Moment| plain(&f.overview.change, &[("time", &at.shown)]);
    let sectors = standing.sectors.iter().map(|(one, devices)| OfSector {
        name: line.product.sectors.of(*one),
        owned: count(devices[Side::Owned as usize]),
        made: count(devices[Side::Made as usize]),
    });
    let page = Overview {
        c,
        f,
        what: sentence(&c.overview.what, &[("time", Slot::Time(&t.date.minute(whole.now)))]),
        empty: devices == 0 && whole.moving.findings.is_empty() && whole.moving.campaigns.is_empty(),
        title: title(whole, f, devices),
        waiting: waiting(desk, whole, line),
        stages: stages(desk, whole, t),
        campaigns: whole.moving.campaigns.iter().take(MOST).map(|one| campaign(f, one)).collect(),
        plot: plot(whole, (f, line)),
        releases: releases(desk, whole, f),
        events: events(whole, line),
        conditions: conditions(desk, whole, f),
        change: before.map_or_else(|| f.overview.change_none.clone(), |(at, _)| change(&t.date.minute(*at))),
        all: count(devices),
        all_change: before.map(|(_, sides)| changed(sides.iter().map(|side| side.devices).sum(), devices)),
        sectors: sectors.collect(),
        devices: desk.place().link("/console/devices"),
        first: FIRST.map(|path| desk.place().link(path)).into_iter().zip(&c.overview.first).collect(),
    };
    desk.page(Area::Overview, &c.overview.title, &page)
}
