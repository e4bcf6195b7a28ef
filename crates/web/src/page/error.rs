//! The page for everything that failed: what, what to do next, and the id to ask with.

use super::Place;
use super::frame::{self, Head};
use crate::sentence::{Sentence, Slot, plain, sentence};
use crate::texts::{Failure, Texts};
use askama::Template;

#[derive(Template)]
#[template(path = "error.html")]
struct Error {
    t: &'static Texts,
    number: String,
    failure: &'static Failure,
    request: Sentence,
    home: String,
}

/// The page for an HTTP status; `request` is the id of the request, as the log has it. Internal text never comes here.
pub fn render(place: &Place<'_>, status: u16, request: &str) -> String {
    let t = Texts::of(place.language());
    let e = &t.error;
    let failure = match status {
        401 | 403 => &e.denied,
        404 => &e.missing,
        410 => &e.gone,
        429 => &e.busy,
        400..500 => &e.malformed,
        503 | 504 => &e.unavailable,
        _ => &e.other,
    };
    let page = Error {
        t,
        number: plain(&e.number, &[("status", &status.to_string())]),
        failure,
        request: sentence(&e.request, &[("request", Slot::Code(request))]),
        home: place.link("/"),
    };
    frame::page(place, Head { title: &failure.title, listed: false, route: "" }, &page)
}
