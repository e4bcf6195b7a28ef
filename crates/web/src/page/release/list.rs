//! The list of releases.

use super::{Of, commands};
use crate::page::Place;
use crate::page::frame::{self, Head};
use crate::sentence::{Moment, plain};
use crate::texts::{Releases, Texts, count};
use askama::Template;

/// What the list shows.
pub struct Listed<'a> {
    /// The releases with their products, the newest first.
    pub all: &'a [Of],
    /// Where the next ones begin, if there are more: the query of that page.
    pub next: Option<&'a str>,
    /// Whether the reader may publish one.
    pub may_publish: bool,
}

#[derive(Template)]
#[template(path = "release/list.html")]
struct List {
    t: &'static Texts,
    heading: String,
    rows: Vec<Row>,
    next: Option<String>,
    commands: Option<String>,
    products: String,
}

/// A release in the list.
struct Row {
    link: String,
    version: String,
    product: (String, String),
    security: String,
    published: Moment,
    size: String,
    remedy: bool,
}

/// The list of releases.
pub fn render(place: &Place<'_>, listed: &Listed<'_>) -> String {
    let t = Texts::of(place.language());
    let page = List {
        t,
        heading: heading(&t.release, listed.all.len()),
        rows: listed.all.iter().map(|one| row(t, place, one)).collect(),
        next: listed.next.map(|query| place.link_with("/console/releases", query)),
        commands: listed.may_publish.then(|| commands("PRODUCT")),
        products: place.link("/console/products"),
    };
    frame::page(place, Head { title: &t.release.what, listed: false }, &page)
}

fn heading(r: &Releases, all: usize) -> String {
    match all {
        0 => r.none.clone(),
        1 => r.one_is.clone(),
        some => plain(&r.many, &[("count", &count(some as u64))]),
    }
}

fn row(t: &'static Texts, place: &Place<'_>, (published, product): &Of) -> Row {
    let release = &published.release;
    Row {
        link: place.link(&format!("/console/releases/{}", release.uid)),
        version: release.version.clone(),
        product: (place.link(&format!("/console/products/{}", product.uid)), product.model.clone()),
        security: release.security_version.to_string(),
        published: t.date.day(release.created_at),
        size: t.figure.size(release.size),
        remedy: release.remedy,
    }
}
