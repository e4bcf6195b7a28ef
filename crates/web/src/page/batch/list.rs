//! The list of batches, and the form for a new one.

use super::{permits, state};
use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::shape::bar;
use crate::sentence::{Moment, Sentence};
use crate::texts::{Batches, Line, count};
use askama::Template;
use std::sync::Arc;
use tegata_domain::batch::Batch;
use tegata_domain::product::Product;
use tegata_domain::time::Timestamp;

/// What the list shows.
pub struct Listed<'a> {
    /// The batches with their products, in order.
    pub all: &'a [(Batch, Arc<Product>)],
    /// The page of the next ones, if there are more.
    pub next: Option<&'a str>,
    /// The moment.
    pub now: Timestamp,
    /// The token of the form and the products to choose from, for who may open one.
    pub form: Option<(&'a str, &'a [Product])>,
    /// What was filled in when it comes back.
    pub filled: Filled<'a>,
    /// Why that was refused.
    pub refused: Option<&'a str>,
}

/// What was filled in, by the names of the fields.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "each is the field of that name")]
pub struct Filled<'a> {
    pub product: &'a str,
    pub quantity: &'a str,
    pub implied: bool,
    pub until: &'a str,
}

#[derive(Template)]
#[template(path = "batch/list.html")]
struct List<'a> {
    t: &'static Line,
    /// The list as a file: its name and query.
    export: String,
    heading: String,
    rows: Vec<Row>,
    next: Option<String>,
    form: Option<(&'a str, Vec<(String, String)>)>,
    filled: Filled<'a>,
    refused: Option<&'a str>,
    /// Word in the API and here, and whether it is chosen.
    confirmations: [(&'static str, &'static str, bool); 2],
    products: String,
}

/// A batch in the list.
struct Row {
    link: String,
    product: String,
    state: Sentence,
    made: String,
    quantity: String,
    until: Moment,
    bar: Sentence,
}

/// The list of batches.
pub fn render(place: &Place<'_>, listed: &Listed<'_>) -> Content {
    let t = Line::of(place.language());
    let choose = |product: &Product| (product.uid.to_string(), format!("{} {}", product.model, product.name));
    let page = List {
        t,
        export: "batches?".to_owned(),
        heading: heading(t.batch, listed),
        rows: listed.all.iter().map(|one| row(t, place, one, listed.now)).collect(),
        next: listed.next.map(str::to_owned),
        form: listed.form.map(|(token, products)| (token, products.iter().map(choose).collect())),
        filled: listed.filled,
        refused: listed.refused,
        confirmations: [
            ("required", &t.batch.required, !listed.filled.implied),
            ("implied", &t.batch.implied, listed.filled.implied),
        ],
        products: place.link("/console/products"),
    };
    Content::new(Area::Batches, &t.batch.what, &page)
}

fn heading(b: &Batches, listed: &Listed<'_>) -> String {
    match listed.all.iter().filter(|one| permits(&one.0, listed.now)).count() {
        _ if listed.all.is_empty() => b.none.clone(),
        0 => b.none_open.clone(),
        some => b.open_now.of(some as u64),
    }
}

fn row(t: &'static Line, place: &Place<'_>, (batch, product): &(Batch, Arc<Product>), now: Timestamp) -> Row {
    Row {
        link: place.link(&format!("/console/batches/{}", batch.uid)),
        product: product.model.clone(),
        state: state(t, batch, now),
        made: count(batch.issued),
        quantity: count(batch.quantity),
        until: t.texts.date.day(batch.valid_until),
        bar: bar((batch.issued.into(), 0), batch.quantity.into()),
    }
}
