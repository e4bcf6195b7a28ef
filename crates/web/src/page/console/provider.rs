//! One's own connection with a provider of identity.

use super::Area;
use crate::desk::Desk;
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::ways::Ways;
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(path = "console/provider.html")]
struct Provider<'a> {
    w: &'static Ways,
    token: &'a str,
    title: Sentence,
    lead: Sentence,
    /// The words of the link, and where it leads; none where the account is connected.
    leave: Option<(Sentence, &'a str)>,
}

fn render(desk: &Desk, name: &str, (title, lead): (&str, &str), address: Option<&str>) -> Response {
    let w = Ways::of(desk.place().language());
    let named = |text: &str| sentence(text, &[("name", Slot::Name(name))]);
    let page = Provider {
        w,
        token: desk.token(),
        title: named(title),
        lead: named(lead),
        leave: address.map(|address| (named(&w.provider.leave), address)),
    };
    desk.page(Area::Account, &w.provider.what, &page)
}

/// The page of an account that is connected.
pub(crate) fn connected(desk: &Desk, name: &str) -> Response {
    let w = &Ways::of(desk.place().language()).provider;
    render(desk, name, (&w.connected, &w.connected_lead), None)
}

/// The page of one that is not, with the link that leads there.
pub(crate) fn apart(desk: &Desk, name: &str, address: &str) -> Response {
    let w = &Ways::of(desk.place().language()).provider;
    render(desk, name, (&w.title, &w.lead), Some(address))
}
