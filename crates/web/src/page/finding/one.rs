//! The page of one finding: what it means, what to do next, and how it is closed.

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::sentence::{Moment, Sentence};
use crate::texts::Line;
use askama::Template;
use tegata_usecase::finding::Seen;

/// What the page shows.
pub struct Shown<'a> {
    /// The finding.
    pub seen: &'a Seen,
    /// Words that a person gave with it, to whom they are shown.
    pub words: Option<&'a str>,
    /// Why closing it was refused.
    pub refused: Option<&'a str>,
    /// The token of its form, for who may close it.
    pub form: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "finding/one.html")]
struct One<'a> {
    t: &'static Line,
    list: String,
    title: &'static str,
    means: &'static str,
    next: &'static str,
    level: Sentence,
    about: Sentence,
    found: Moment,
    closed: Option<Sentence>,
    step: Option<(String, &'static str)>,
    evidence: String,
    words: Option<&'a str>,
    refused: Option<&'a str>,
    form: Option<&'a str>,
    base: String,
}

/// The page of one finding.
pub fn render(place: &Place<'_>, shown: &Shown<'_>) -> Content {
    let t = Line::of(place.language());
    let Seen { finding, number, .. } = shown.seen;
    let words = t.finding.kind(&finding.kind);
    let page = One {
        t,
        list: place.link("/console/findings"),
        title: &words.title,
        means: &words.means,
        next: &words.next,
        level: super::level(t, finding),
        about: super::about(t, finding, *number),
        found: t.texts.date.minute(finding.at),
        closed: super::closed(t, finding),
        step: super::step(t, place, finding, *number),
        evidence: serde_json::to_string_pretty(&finding.data).unwrap_or_default(),
        words: shown.words,
        refused: shown.refused,
        form: shown.form.filter(|_| finding.closed.is_none()),
        base: format!("/console/findings/{}", finding.uid),
    };
    Content::new(Area::Findings, &words.title, &page)
}
