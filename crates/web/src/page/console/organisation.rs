//! The organisation itself: what it is, where its notices go, what it demands of its members.

use super::{Area, words};
use crate::desk::Desk;
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::account::Account;
use crate::texts::console::Console;
use askama::Template;
use axum::response::Response;
use tegata_domain::permit::{Operation, Role};

struct Place {
    path: String,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "console/organisation.html")]
struct Organisation<'a> {
    c: &'static Console,
    a: &'static Account,
    title: Sentence,
    /// What others type who hand devices to it.
    uid: String,
    mail: &'a str,
    /// Why that address was refused.
    refused: Option<&'static str>,
    factor: bool,
    places: Vec<Place>,
    may: bool,
    token: &'a str,
}

/// The page.
pub(crate) fn render(desk: &Desk, mail: Option<&str>, refused: Option<&'static str>) -> Response {
    let (_, c) = words(desk);
    let place = desk.place();
    let a = Account::of(place.language());
    let reads = |operation: Operation| {
        let own = desk.visitor.organisation.row;
        desk.visitor.actor().permit(operation, tegata_domain::permit::Subject::of(own)).is_ok()
    };
    let places = [
        (Operation::ReadAccount, "/console/accounts", &a.members.what),
        (Operation::ReadToken, "/console/tokens", &a.tokens.what),
        (Operation::ReadAudit, "/console/audit", &a.audit.what),
    ];
    let places = places.into_iter().filter(|(operation, ..)| reads(*operation));
    let page = Organisation {
        c,
        a,
        title: sentence(&a.organisation.title, &[("organisation", Slot::Name(&desk.visitor.organisation.name))]),
        uid: desk.visitor.organisation.uid.to_string(),
        mail: mail.unwrap_or_default(),
        refused,
        factor: desk.visitor.organisation.factor,
        places: places.map(|(_, path, name)| Place { path: place.link(path), name }).collect(),
        may: desk.visitor.role == Role::Administrator,
        token: desk.token(),
    };
    desk.page(Area::Organisation, &a.organisation.what, &page)
}
