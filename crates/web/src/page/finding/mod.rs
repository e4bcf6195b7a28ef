//! Pages of findings.

mod list;
mod one;

pub use list::{Listed, render as list};
pub use one::{Shown, render as one};

use super::Place;
use super::shape::badge;
use crate::sentence::{Moment, Sentence, Slot, rendered, sentence};
use crate::texts::Line;
use askama::Template;
use tegata_domain::finding::Finding;
use tegata_domain::number::Number;

/// A finding in a list: level, what, about what, since when, and where its next step is.
#[derive(Template)]
#[template(path = "part/finding.html")]
struct Row<'a> {
    level: Sentence,
    title: &'a str,
    link: String,
    about: Sentence,
    since: Sentence,
    closed: Option<Sentence>,
    step: Option<(String, &'a str)>,
}

/// How urgent a finding is, as a word with its shape.
pub(in crate::page) fn level(t: &'static Line, finding: &Finding) -> Sentence {
    if finding.closed.is_some() {
        return badge(("quiet", "ended", &t.finding.closed));
    }
    let (tone, icon) = match finding.level {
        5.. => ("stop", "wait"),
        3..=4 => ("wait", "wait"),
        _ => ("quiet", "date"),
    };
    badge((tone, icon, t.finding.level(finding.level)))
}

/// A finding as a row of a list, here and on the overview.
pub(in crate::page) fn row(t: &'static Line, place: &Place<'_>, finding: &Finding, number: Option<Number>) -> Sentence {
    rendered(&Row {
        level: level(t, finding),
        title: &t.finding.kind(&finding.kind).title,
        link: place.link(&format!("/console/findings/{}", finding.uid)),
        about: about(t, finding, number),
        since: sentence(&t.finding.since, &[("at", Slot::Time(&t.texts.date.minute(finding.at)))]),
        closed: closed(t, finding),
        step: step(t, place, finding, number).filter(|_| finding.closed.is_none()),
    })
}

fn about(t: &'static Line, finding: &Finding, number: Option<Number>) -> Sentence {
    match (number, finding.batch) {
        (Some(number), _) => sentence(&t.finding.about_device, &[("number", Slot::Code(&number.to_string()))]),
        (None, Some(_)) => sentence(&t.finding.about_batch, &[]),
        (None, None) => sentence(&t.finding.about_organisation, &[]),
    }
}

fn closed(t: &'static Line, finding: &Finding) -> Option<Sentence> {
    let (at, reason) = finding.closed.as_ref()?;
    let at: Moment = t.texts.date.day(*at);
    Some(sentence(&t.finding.closed_at, &[("at", Slot::Time(&at)), ("reason", Slot::Name(t.finding.reason(reason)))]))
}

/// Where the next step is done: address and words.
fn step<'t>(t: &'t Line, place: &Place<'_>, finding: &Finding, number: Option<Number>) -> Option<(String, &'t str)> {
    let f = t.finding;
    if let Some(number) = number {
        return Some((place.link(&format!("/console/devices/{number}")), &f.see_device));
    }
    let campaign = finding.data.get("campaign").and_then(|id| id.as_str());
    // an id of ours, checked before it becomes part of an address
    let campaign = campaign.and_then(|id| tegata_domain::id::Uuid::parse_str(id).ok());
    campaign.map(|id| (place.link(&format!("/console/campaigns/{id}")), &*f.see_campaign))
}
