//! The list of releases.

use super::{Of, commands};
use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::sentence::Moment;
use crate::texts::{Line, Releases};
use askama::Template;
use tegata_domain::id::Uuid;

/// What the list shows.
pub struct Listed<'a> {
    /// The releases with their products, in order.
    pub all: &'a [Of],
    /// The product that they are of, where only its own were asked for.
    pub product: Option<Uuid>,
    /// The page of the next ones, if there are more.
    pub next: Option<&'a str>,
    /// Whether the reader may publish one.
    pub may_publish: bool,
}

#[derive(Template)]
#[template(path = "release/list.html")]
struct List {
    t: &'static Line,
    /// The list as a file: its name and query.
    export: String,
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
pub fn render(place: &Place<'_>, listed: &Listed<'_>) -> Content {
    let t = Line::of(place.language());
    let page = List {
        t,
        export: listed.product.map_or_else(|| "releases?".to_owned(), |uid| format!("releases?product={uid}&")),
        heading: heading(t.release, listed.all.len()),
        rows: listed.all.iter().map(|one| row(t, place, one)).collect(),
        next: listed.next.map(str::to_owned),
        commands: listed.may_publish.then(|| commands("PRODUCT")),
        products: place.link("/console/products"),
    };
    Content::new(Area::Releases, &t.release.what, &page)
}

fn heading(r: &Releases, all: usize) -> String {
    match all {
        0 => r.none.clone(),
        some => r.all.of(some as u64),
    }
}

fn row(t: &'static Line, place: &Place<'_>, (published, product): &Of) -> Row {
    let release = &published.release;
    Row {
        link: place.link(&format!("/console/releases/{}", release.uid)),
        version: release.version.clone(),
        product: (place.link(&format!("/console/products/{}", product.uid)), product.model.clone()),
        security: release.security_version.to_string(),
        published: t.texts.date.day(release.created_at),
        size: t.figure.size(release.size),
        remedy: release.remedy,
    }
}
