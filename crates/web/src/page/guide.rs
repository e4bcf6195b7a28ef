//! The guides: which there are, and one of them.

use super::Place;
use super::frame::{self, Head};
use crate::guide::{Body, Guide, Section, Text};
use crate::texts::guide::{Guides, Role};
use askama::Template;

/// A guide as others lead to it.
struct Link {
    words: &'static Role,
    address: String,
    current: bool,
}

fn links(place: &Place<'_>, g: &'static Guides, current: Option<Guide>) -> Vec<Link> {
    let link = |guide: Guide| Link {
        words: g.role(guide),
        address: place.link(&format!("/guide/{}", guide.name())),
        current: Some(guide) == current,
    };
    Guide::ALL.map(link).into()
}

#[derive(Template)]
#[template(path = "guide/list.html")]
struct List {
    g: &'static Guides,
    links: Vec<Link>,
}

/// Which guides there are.
pub fn list(place: &Place<'_>) -> String {
    let g = Guides::of(place.language());
    let page = List { g, links: links(place, g, None) };
    frame::page(place, Head { title: &g.title, listed: true, route: "/guide" }, &page)
}

#[derive(Template)]
#[template(path = "guide/one.html")]
struct One<'a> {
    g: &'static Guides,
    links: Vec<Link>,
    title: &'a str,
    /// The language of the text, where that is not the page's.
    foreign: Option<&'static str>,
    sections: &'a [Section],
    body: Body,
}

/// One of them.
pub fn one(place: &Place<'_>, guide: Guide) -> String {
    let g = Guides::of(place.language());
    let text = Text::of(guide, place.language());
    let page = One {
        g,
        links: links(place, g, Some(guide)),
        title: &text.title,
        foreign: (text.language != place.language()).then(|| text.language.tag()),
        sections: &text.sections,
        body: text.body(place.chosen()),
    };
    frame::page(place, Head { title: &text.title, listed: true, route: "/guide" }, &page)
}
