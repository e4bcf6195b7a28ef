//! The page of a text that is no management number (404): what one looks like, and a form to try again.

use super::Place;
use super::ask::{self, Ask};
use super::frame::{self, Head};
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::Texts;
use askama::Template;

#[derive(Template)]
#[template(path = "lookup/malformed.html")]
struct Malformed {
    t: &'static Texts,
    typed: Sentence,
    ask: Ask,
}

/// The page for what somebody typed, or an address held, in place of a number.
pub fn render(place: &Place<'_>, typed: &str) -> String {
    let t = Texts::of(place.language());
    let shown = ask::shortened(typed);
    let typed = match shown.is_empty() {
        true => sentence(&t.malformed.empty, &[]),
        false => sentence(&t.malformed.typed, &[("typed", Slot::Code(&shown))]),
    };
    let page = Malformed { t, typed, ask: Ask::new(place, &shown) };
    frame::page(place, Head { title: &t.malformed.title, listed: false, route: "/d/{number}" }, &page)
}
