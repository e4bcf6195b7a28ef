//! Head and foot around every page.
//!
//! The content is rendered first, so that the frame can carry exactly the drawings that it uses.

use super::Place;
use crate::asset::stylesheet;
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
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    t: &'static Texts,
    lang: &'static str,
    title: String,
    listed: bool,
    stylesheet: &'static str,
    home: String,
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
    let t = Texts::of(place.language());
    let content = rendered(content);
    let mut symbols = vec!["seal-solid"];
    for id in drawings(content.html()) {
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
        home: place.link("/"),
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
