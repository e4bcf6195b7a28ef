//! The list of findings: open ones, or those that were closed.

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::sentence::Sentence;
use crate::texts::{Findings, Line};
use askama::Template;
use tegata_usecase::finding::Seen;

/// What the list shows.
pub struct Listed<'a> {
    /// The findings.
    pub all: &'a [Seen],
    /// Whether they are the open ones.
    pub open: bool,
    /// The page of the next ones, if there are more.
    pub next: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "finding/list.html")]
struct List {
    t: &'static Line,
    /// The list as a file: its name and query.
    export: String,
    heading: String,
    open: bool,
    open_link: String,
    closed_link: String,
    rows: Vec<Sentence>,
    next: Option<String>,
}

/// The list of findings.
pub fn render(place: &Place<'_>, listed: &Listed<'_>) -> Content {
    let t = Line::of(place.language());
    // the most urgent first, then as they came
    let mut all: Vec<&Seen> = listed.all.iter().collect();
    if listed.open {
        all.sort_by_key(|seen| std::cmp::Reverse(seen.finding.level));
    }
    let page = List {
        t,
        export: format!("findings?state={}&", if listed.open { "open" } else { "closed" }),
        heading: heading(t.finding, listed),
        open: listed.open,
        open_link: place.link("/console/findings"),
        closed_link: place.link_with("/console/findings", "state=closed"),
        rows: all.iter().map(|seen| super::row(t, place, &seen.finding, seen.number)).collect(),
        next: listed.next.map(str::to_owned),
    };
    Content::new(Area::Findings, &t.finding.what, &page)
}

fn heading(f: &Findings, listed: &Listed<'_>) -> String {
    let (none, some, more) = match listed.open {
        true => (&f.none, &f.open_now, &f.more_open),
        false => (&f.none_closed, &f.closed_now, &f.more_closed),
    };
    match listed.all.len() as u64 {
        all if listed.next.is_some() => more.of(all),
        0 => none.clone(),
        all => some.of(all),
    }
}
