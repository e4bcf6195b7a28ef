//! The list of campaigns.

use super::Tally;
use crate::page::Place;
use crate::page::frame::{self, Head};
use crate::page::shape::bar;
use crate::sentence::{Moment, Sentence, plain};
use crate::texts::{Texts, count};
use askama::Template;
use tegata_domain::campaign::{CampaignState, Counts};
use tegata_usecase::campaign::Progress;

/// What the list shows: campaigns, and where the next ones begin.
pub struct Listed<'a> {
    /// The campaigns, the newest first.
    pub all: &'a [Progress],
    /// Where the next ones begin, if there are more.
    pub next: Option<i64>,
    /// Whether the reader may begin one.
    pub may_create: bool,
}

#[derive(Template)]
#[template(path = "campaign/list.html")]
struct List {
    t: &'static Texts,
    heading: String,
    rows: Vec<Line>,
    next: Option<String>,
    new: Option<String>,
    releases: String,
}

/// A campaign in the list.
struct Line {
    link: String,
    name: String,
    state: Sentence,
    since: Moment,
    /// Devices, updated, failed, silent.
    figures: [String; 4],
    bar: Sentence,
}

/// The list of campaigns.
pub fn render(place: &Place<'_>, shown: &Listed<'_>) -> String {
    let t = Texts::of(place.language());
    let c = &t.campaign;
    let running = shown.all.iter().filter(|one| one.campaign.state == CampaignState::Running).count();
    let heading = match running {
        _ if shown.all.is_empty() => c.none.clone(),
        0 => c.none_runs.clone(),
        1 => c.runs.clone(),
        some => plain(&c.run, &[("count", &count(some as u64))]),
    };
    let page = List {
        t,
        heading,
        rows: shown.all.iter().map(|one| line(t, place, one)).collect(),
        next: shown.next.map(|after| place.link_with("/console/campaigns", &format!("after={after}"))),
        new: shown.may_create.then(|| place.link("/console/campaigns/new")),
        releases: place.link("/console/releases"),
    };
    frame::page(place, Head { title: &c.what, listed: false }, &page)
}

fn line(t: &'static Texts, place: &Place<'_>, one: &Progress) -> Line {
    let counts = one.groups.iter().fold(Counts::default(), |sum, group| sum + group.counts);
    let tally = Tally::of(&counts);
    let targets = u64::from(one.campaign.targets.unwrap_or(0)).max(tally.all);
    Line {
        link: place.link(&format!("/console/campaigns/{}", one.campaign.uid)),
        name: format!("{} {}", one.of.model, one.release.version),
        state: super::state(t, one.campaign.state),
        since: t.date.day(one.campaign.created_at),
        figures: [targets, tally.done, tally.failed, tally.silent].map(count),
        bar: bar((tally.done, tally.out), targets),
    }
}
