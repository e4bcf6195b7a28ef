//! The page of a well-formed number that is not in the register (404).

use super::Place;
use super::ask::Ask;
use super::frame::{self, Head};
use crate::sentence::plain;
use crate::texts::Texts;
use askama::Template;
use tegata_domain::number::Number;

#[derive(Template)]
#[template(path = "lookup/unknown.html")]
struct Unknown {
    t: &'static Texts,
    heading: String,
    number: String,
    ask: Ask,
}

/// The page of a number that nothing is known of.
pub fn render(place: &Place<'_>, number: Number) -> String {
    let t = Texts::of(place.language());
    let heading = plain(&t.answer.heading, &[("answer", &t.answer.cannot_confirm)]);
    let page = Unknown { t, heading, number: number.to_string(), ask: Ask::new(place, "") };
    frame::page(place, Head { title: &t.answer.cannot_confirm, listed: false, route: "/d/{number}" }, &page)
}
