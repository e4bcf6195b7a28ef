//! The page of a model, for a label's address without the number: what does the register hold about this model?
//!
//! Invariant: nothing of any single device.

use super::Place;
use super::ask::Ask;
use super::facts;
use super::frame::{self, Head};
use super::item::{Field, Line};
use crate::sentence::{Sentence, Slot, plain, sentence};
use crate::texts::Texts;
use askama::Template;
use tegata_domain::product::Product;
use tegata_domain::time::Timestamp;

#[derive(Template)]
#[template(path = "lookup/model.html")]
struct Model {
    t: &'static Texts,
    product: String,
    heading: String,
    lines: [Line; 3],
    todo: Sentence,
    ask: Ask,
    facts: Vec<Field>,
}

/// The page of a model, as the register holds it at `now`.
pub fn render(place: &Place<'_>, product: &Product, maker: &str, now: Timestamp) -> String {
    let t = Texts::of(place.language());
    let name = facts::product_line(product);
    let word = &*t.model.answer;
    let end = t.date.month(product.support_end);
    let month = [("month", Slot::Time(&end))];
    let support = match now.month() > product.support_end {
        true => Line::new("wait", "date", &t.answer.support_over, &month),
        false => Line::new("well", "date", &t.answer.supported, &month),
    };
    let title = plain(&t.answer.title, &[("answer", word), ("product", &name)]);
    let noun = facts::noun(t, product.sector);
    let page = Model {
        t,
        product: name,
        heading: plain(&t.answer.heading, &[("answer", word)]),
        lines: [
            Line::new("", "maker", &t.answer.maker, &[("maker", Slot::Name(maker))]),
            support,
            Line::new("wait", "unsure", &t.model.no_device, &[]),
        ],
        todo: sentence(&t.model.todo, &[("noun", Slot::Text(noun))]),
        ask: Ask::new(place, ""),
        facts: facts::of_model(t, product, maker, now).into_iter().flatten().collect(),
    };
    frame::page(place, Head { title: &title, listed: true, route: "/01/{gtin}" }, &page)
}
