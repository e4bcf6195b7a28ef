//! What is shown once: a secret, and that it is not shown again.

use super::Area;
use crate::desk::Desk;
use crate::sentence::Sentence;
use crate::texts::account::Account;
use askama::Template;
use axum::response::Response;
use std::borrow::Cow;

/// A secret on its only page.
pub(crate) struct Shown {
    /// What it is.
    pub name: Sentence,
    /// The secret itself.
    pub secret: String,
    /// What holds of it.
    pub note: Option<Sentence>,
    /// Where the page leads on.
    pub back: Cow<'static, str>,
}

#[derive(Template)]
#[template(path = "console/once.html")]
struct Once<'a> {
    a: &'static Account,
    shown: &'a Shown,
    back: String,
}

/// The page.
pub(crate) fn render(desk: &Desk, area: Area, shown: &Shown) -> Response {
    let place = desk.place();
    let a = Account::of(place.language());
    let page = Once { a, shown, back: place.link(&shown.back) };
    desk.page(area, &a.once.title, &page)
}
