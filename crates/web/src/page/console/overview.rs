//! The overview: what needs somebody today.

use super::{Area, words};
use crate::desk::Desk;
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::console::Console;
use askama::Template;
use axum::response::Response;
use tegata_domain::time::Timestamp;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Overview {
    c: &'static Console,
    what: Sentence,
}

/// The page.
pub(crate) fn render(desk: &Desk, now: Timestamp) -> Response {
    let (t, c) = words(desk);
    let now = t.date.minute(now);
    let page = Overview { c, what: sentence(&c.overview.what, &[("time", Slot::Time(&now))]) };
    desk.page(Area::Overview, &c.overview.title, &page)
}
