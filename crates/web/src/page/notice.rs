//! The page behind the link of a letter: what it says once more, and a button by which a person tells to have read it.

use super::Place;
use super::frame::{self, Head};
use crate::texts::Texts;
use askama::Template;
use tegata_usecase::notice::Linked;

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    t: &'static Texts,
    linked: &'a Linked,
    read: bool,
}

/// The page of a notice.
pub fn render(place: &Place<'_>, linked: &Linked) -> String {
    let t = Texts::of(place.language());
    let page = Notice { t, linked, read: linked.notice.receipt_at.is_some() };
    frame::page(place, Head { title: &linked.letter.title, listed: false, route: "/n/{code}" }, &page)
}
