//! The front page: what this is, and a form to enter a number.

use super::Place;
use super::ask::Ask;
use super::frame::{self, Head};
use crate::texts::Texts;
use askama::Template;

#[derive(Template)]
#[template(path = "front.html")]
struct Front<'a> {
    t: &'static Texts,
    ask: Ask,
    docs: Option<&'a str>,
}

/// The front page; `docs` is the address of the documentation, where there is one.
pub fn render(place: &Place<'_>, docs: Option<&str>) -> String {
    let t = Texts::of(place.language());
    let page = Front { t, ask: Ask::new(place, ""), docs };
    frame::page(place, Head { title: &t.front.title, listed: true, route: "/" }, &page)
}
