//! The list of products, and the form for a new one.

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::sentence::Moment;
use crate::texts::{Line, Products};
use askama::Template;
use tegata_domain::product::{Product, Sector};

/// What was filled in when the form comes back, by the names of its fields.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of that name")]
pub struct Filled<'a> {
    pub name: &'a str,
    pub model: &'a str,
    pub gtin: &'a str,
    pub sector: &'a str,
    pub support_end: &'a str,
    pub support_reason: &'a str,
    pub contact: &'a str,
    pub credential: &'a str,
}

/// What the list shows.
pub struct Listed<'a> {
    /// The products, in order.
    pub all: &'a [Product],
    /// The page of the next ones, if there are more.
    pub next: Option<&'a str>,
    /// The token of the form, for who may register one.
    pub form: Option<&'a str>,
    /// What was filled in.
    pub filled: Filled<'a>,
    /// Why it was refused.
    pub refused: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "product/list.html")]
struct List<'a> {
    t: &'static Line,
    /// The list as a file: its name and query.
    export: String,
    heading: String,
    rows: Vec<Row>,
    next: Option<String>,
    form: Option<&'a str>,
    filled: Filled<'a>,
    refused: Option<&'a str>,
    sectors: Vec<Choice>,
    credentials: Vec<Choice>,
}

/// A product in the list.
struct Row {
    link: String,
    model: String,
    name: String,
    gtin: String,
    support: Moment,
}

/// A choice: its word in the API, its name, whether it is chosen.
struct Choice {
    value: String,
    name: &'static str,
    chosen: bool,
}

/// The list of products.
pub fn render(place: &Place<'_>, listed: &Listed<'_>) -> Content {
    let t = Line::of(place.language());
    let p = t.product;
    let row = |product: &Product| Row {
        link: place.link(&format!("/console/products/{}", product.uid)),
        model: product.model.clone(),
        name: product.name.clone(),
        gtin: product.gtin.clone(),
        support: t.texts.date.month(product.support_end),
    };
    let credentials = p.credentials.all().into_iter().map(|(_, value, name)| Choice {
        value: value.to_owned(),
        name,
        chosen: value == listed.filled.credential,
    });
    let page = List {
        t,
        export: "products?".to_owned(),
        heading: heading(p, listed),
        rows: listed.all.iter().map(row).collect(),
        next: listed.next.map(str::to_owned),
        form: listed.form,
        filled: listed.filled.clone(),
        refused: listed.refused,
        sectors: Sector::ALL.map(|sector| choice(p, sector, listed.filled.sector)).into(),
        credentials: credentials.collect(),
    };
    Content::new(Area::Products, &p.what, &page)
}

fn choice(p: &'static Products, sector: Sector, chosen: &str) -> Choice {
    let value =
        serde_json::to_value(sector).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default();
    Choice { chosen: value == chosen, value, name: p.sectors.of(sector) }
}

fn heading(p: &Products, listed: &Listed<'_>) -> String {
    match listed.all.len() {
        0 => p.none.clone(),
        some => p.all.of(some as u64),
    }
}
