//! The page of one batch: how far is it, and who works on it?

use super::state;
use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::shape::tall_bar;
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::{Batches, Line, count};
use askama::Template;
use tegata_domain::batch::{Batch, Confirmation};
use tegata_domain::time::Timestamp;
use tegata_usecase::batch::{Seen, Station};

/// What the page shows.
pub struct Shown<'a> {
    /// The batch.
    pub seen: &'a Seen,
    /// The moment.
    pub now: Timestamp,
}

#[derive(Template)]
#[template(path = "batch/one.html")]
struct One {
    t: &'static Line,
    list: String,
    live: String,
    model: String,
    heading: String,
    state: Sentence,
    bar: Sentence,
    legend: [String; 2],
    from: Moment,
    until: Moment,
    opened: Moment,
    product: (String, Sentence),
    confirmation: &'static str,
    id: String,
    command: String,
    stations: Vec<Row>,
    tokens: String,
    devices: String,
}

/// A station.
struct Row {
    name: String,
    made: String,
    refused: String,
    at: Moment,
}

/// The page of one batch.
pub fn render(place: &Place<'_>, shown: &Shown<'_>) -> Content {
    let t = Line::of(place.language());
    let b = t.batch;
    let Seen { batch, product, public_url, stations, .. } = shown.seen;
    let left = batch.quantity.saturating_sub(batch.issued);
    let row = |station: &Station| Row {
        name: station.name.clone(),
        made: count(station.made),
        refused: count(station.refused),
        at: t.texts.date.minute(station.last_at),
    };
    let model = sentence("{model}", &[("model", Slot::Name(&product.model))]);
    let page = One {
        t,
        list: place.link("/console/batches"),
        live: format!("/console/live/batches/{}", batch.uid),
        model: product.model.clone(),
        heading: heading(b, batch),
        state: state(t, batch, shown.now),
        bar: tall_bar((batch.issued.into(), 0), batch.quantity.into()),
        legend: [
            plain(&b.legend_made, &[("count", &count(batch.issued))]),
            plain(&b.legend_left, &[("count", &count(left))]),
        ],
        from: t.texts.date.minute(batch.valid_from),
        until: t.texts.date.minute(batch.valid_until),
        opened: t.texts.date.minute(batch.created_at),
        product: (place.link(&format!("/console/products/{}", product.uid)), model),
        confirmation: match batch.confirmation {
            Confirmation::Implied => &b.implied,
            Confirmation::Required => &b.required,
        },
        id: batch.uid.to_string(),
        command: format!(
            "tegata-station make --url {public_url} --token-file station.token --batch {} --out units --prefix {}- --count {}",
            batch.uid,
            product.model.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-"),
            left.clamp(1, 100),
        ),
        stations: stations.iter().map(row).collect(),
        tokens: place.link("/console/tokens"),
        devices: place.link_with("/console/devices", &format!("product={}", product.uid)),
    };
    Content::new(Area::Batches, &plain(&b.one, &[("product", &product.model)]), &page)
}

fn heading(b: &Batches, batch: &Batch) -> String {
    let text = match batch.issued {
        0 => &b.heading_none,
        made if made >= batch.quantity => &b.heading_full,
        _ => &b.heading,
    };
    let slots = [("made", &*count(batch.issued)), ("count", &count(batch.quantity))];
    plain(text.form(batch.quantity.into()), &slots)
}
