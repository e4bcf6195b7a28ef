//! The list of campaigns.

use super::Tally;
use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::shape::bar;
use crate::sentence::{Moment, Sentence};
use crate::texts::{Line, count};
use askama::Template;
use tegata_domain::campaign::{CampaignState, Counts};
use tegata_usecase::campaign::Progress;

/// What the list shows: campaigns, and where the next ones begin.
pub struct Listed<'a> {
    /// The campaigns, in order.
    pub all: &'a [Progress],
    /// The page of the next ones, if there are more.
    pub next: Option<&'a str>,
    /// Whether the reader may begin one.
    pub may_create: bool,
}

#[derive(Template)]
#[template(path = "campaign/list.html")]
struct List {
    t: &'static Line,
    /// The list as a file: its name and query.
    export: String,
    heading: String,
    rows: Vec<Row>,
    next: Option<String>,
    new: Option<String>,
    releases: String,
}

/// A campaign in the list.
struct Row {
    link: String,
    name: String,
    state: Sentence,
    since: Moment,
    /// Devices, updated, failed, silent.
    figures: [(&'static str, String); 4],
    bar: Sentence,
}

/// The list of campaigns.
pub fn render(place: &Place<'_>, shown: &Listed<'_>) -> Content {
    let t = Line::of(place.language());
    let c = t.campaign;
    let running = shown.all.iter().filter(|one| one.campaign.state == CampaignState::Running).count();
    let heading = match running {
        _ if shown.all.is_empty() => c.none.clone(),
        0 => c.none_runs.clone(),
        some => c.runs.of(some as u64),
    };
    let page = List {
        t,
        export: "campaigns?".to_owned(),
        heading,
        rows: shown.all.iter().map(|one| line(t, place, one)).collect(),
        next: shown.next.map(str::to_owned),
        new: shown.may_create.then(|| place.link("/console/campaigns/new")),
        releases: place.link("/console/releases"),
    };
    Content::new(Area::Campaigns, &c.what, &page)
}

fn line(t: &'static Line, place: &Place<'_>, one: &Progress) -> Row {
    let c = t.campaign;
    let counts = one.groups.iter().fold(Counts::default(), |sum, group| sum + group.counts);
    let tally = Tally::of(&counts);
    let targets = u64::from(one.campaign.targets.unwrap_or(0)).max(tally.all);
    Row {
        link: place.link(&format!("/console/campaigns/{}", one.campaign.uid)),
        name: format!("{} {}", one.of.model, one.release.version),
        state: super::state(t, one.campaign.state),
        since: t.texts.date.day(one.campaign.created_at),
        figures: [(&c.devices, targets), (&c.done, tally.done), (&c.failed, tally.failed), (&c.silent, tally.silent)]
            .map(|(name, value)| (&**name, count(value))),
        bar: bar((tally.done, tally.out), targets),
    }
}
