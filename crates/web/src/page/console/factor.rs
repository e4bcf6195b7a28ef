//! One's own second factor: set up, or as it is.

use super::Area;
use crate::desk::Desk;
use crate::refusal::words;
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::ways::Ways;
use askama::Template;
use axum::response::Response;
use tegata_document::code::{Drawing, drawing};
use tegata_usecase::Error;
use tegata_usecase::account::factor::Setting;

#[derive(Template)]
#[template(path = "console/factor.html")]
struct SetUp<'a> {
    w: &'static Ways,
    token: &'a str,
    ticket: &'a str,
    /// The organisation demands it, and nothing else is open before.
    demanded: Option<Sentence>,
    to_passkeys: String,
    code: Option<Drawing>,
    seed: String,
    fault: Option<&'static str>,
}

/// In groups of four, for who types it.
fn grouped(seed: &str) -> String {
    let mut out = String::with_capacity(seed.len() * 5 / 4);
    for (at, letter) in seed.chars().enumerate() {
        if at > 0 && at.is_multiple_of(4) {
            out.push(' ');
        }
        out.push(letter);
    }
    out
}

/// The page that sets one up.
pub(crate) fn set_up(desk: &Desk, setting: &Setting, error: Option<&Error>) -> Response {
    let place = desk.place();
    let w = Ways::of(place.language());
    let organisation = &*desk.visitor.organisation.name;
    let demanded = || sentence(&w.factor.demanded, &[("organisation", Slot::Name(organisation))]);
    let page = SetUp {
        w,
        token: desk.token(),
        ticket: &setting.ticket,
        demanded: desk.visitor.is_barred().then(demanded),
        to_passkeys: place.link("/console/account/passkeys"),
        code: drawing(&setting.address),
        seed: grouped(&setting.seed),
        fault: error.map(|error| words(error, desk)),
    };
    desk.page(Area::Account, &w.factor.what, &page)
}

#[derive(Template)]
#[template(path = "console/factor_there.html")]
struct There<'a> {
    w: &'static Ways,
    token: &'a str,
    left: String,
    new: String,
}

/// The page of one that is set up, with so many recovery codes.
pub(crate) fn there(desk: &Desk, codes: usize) -> Response {
    let place = desk.place();
    let w = Ways::of(place.language());
    let new = match place.chosen() {
        Some(language) => format!("?new&lang={}", language.tag()),
        None => "?new".to_owned(),
    };
    let page = There { w, token: desk.token(), left: w.factor.left.of(codes as u64), new };
    desk.page(Area::Account, &w.factor.what, &page)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_seed_is_typed_in_groups() {
        assert_eq!(super::grouped("GEZDGNBVGY"), "GEZD GNBV GY");
    }
}
