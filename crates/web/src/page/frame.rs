//! Head and foot around every page.
//!
//! The content is rendered first, so that the frame can carry exactly the drawings that it uses.

use super::Place;
use crate::asset::{script, stylesheet};
use crate::help;
use crate::language::Language;
use crate::sentence::{Sentence, plain, rendered};
use crate::texts::Texts;
use askama::Template;

/// How the frame refers to a page.
pub(super) struct Head<'a> {
    /// What the page says, in a few words.
    pub title: &'a str,
    /// Whether search engines may list it; a page of one device never.
    pub listed: bool,
    /// The route that answered it, as [`help::PAGES`] has it: where its question mark leads.
    pub route: &'a str,
}

/// What stands above and below a page where somebody is logged in or logs in.
pub(super) struct Above {
    /// The head between mark and switch of languages.
    pub head: Sentence,
    /// The areas, below that.
    pub areas: Sentence,
    /// Where the mark leads.
    pub home: &'static str,
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    t: &'static Texts,
    lang: &'static str,
    title: String,
    listed: bool,
    stylesheet: &'static str,
    /// Of pages where somebody is logged in or logs in.
    script: Option<&'static str>,
    above: Option<&'a Above>,
    home: String,
    /// Where the question mark leads.
    help: String,
    guides: String,
    languages: Vec<Choice>,
    symbols: Vec<&'a str>,
    content: &'a Sentence,
}

/// One language of the switch.
struct Choice {
    tag: &'static str,
    name: &'static str,
    link: String,
    current: bool,
}

/// The document around `content`.
pub(super) fn page(place: &Place<'_>, head: Head<'_>, content: &impl Template) -> String {
    around(place, head, None, content)
}

/// The same with a head of its own, and the script.
pub(super) fn around(place: &Place<'_>, head: Head<'_>, above: Option<&Above>, content: &impl Template) -> String {
    let t = Texts::of(place.language());
    let content = rendered(content);
    let mut symbols = vec!["seal-solid", "help"];
    let head_drawings = above.into_iter().flat_map(|above| drawings(above.head.html()));
    for id in head_drawings.chain(drawings(content.html())) {
        if !symbols.contains(&id) {
            symbols.push(id);
        }
    }
    let choice = |language: Language| Choice {
        tag: language.tag(),
        name: &Texts::of(language).language.name,
        link: place.in_language(language),
        current: language == place.language(),
    };
    let frame = Frame {
        t,
        lang: place.language().tag(),
        title: plain(&t.frame.title, &[("page", &undirected(head.title)), ("brand", &t.frame.brand)]),
        listed: head.listed,
        stylesheet: stylesheet().0,
        script: above.map(|_| script().0),
        above,
        home: place.link(above.map_or("/", |above| above.home)),
        help: help::link(head.route, place),
        guides: place.link("/guide"),
        languages: Language::ALL.map(choice).into(),
        symbols,
        content: &content,
    };
    rendered(&frame).to_string()
}

/// Without marks of writing direction (Unicode UAX #9): a title has no markup that could hold them.
fn undirected(title: &str) -> String {
    let directs = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    title.chars().filter(|c| !directs(*c)).collect()
}

/// The ids of the drawings in rendered content. Foreign text cannot add any: its `<` is escaped.
fn drawings(content: &str) -> impl Iterator<Item = &str> {
    content.split("<use href=\"#").skip(1).filter_map(|rest| rest.split('"').next())
}
