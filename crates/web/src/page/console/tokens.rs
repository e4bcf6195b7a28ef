//! The API tokens of an organisation.

use super::{Area, Choice, role, roles, words};
use crate::desk::Desk;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::account::Account;
use crate::texts::console::Console;
use askama::Template;
use axum::response::Response;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;
use tegata_domain::token::Token;

struct Row {
    id: String,
    name: String,
    role: &'static str,
    since: Moment,
    until: Moment,
    state: &'static str,
    holds: bool,
}

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct Tokens<'a> {
    c: &'static Console,
    a: &'static Account,
    title: Sentence,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    may: bool,
    token: &'a str,
    next: Option<String>,
}

/// The page: these, and where the next ones are.
pub(crate) fn render(desk: &Desk, tokens: &[Token], next: Option<String>, now: Timestamp) -> Response {
    let (t, c) = words(desk);
    let a = Account::of(desk.place().language());
    let row = |token: &Token| {
        let state = match token.ended_at {
            Some(_) => &a.tokens.ended,
            None if token.holds(now) => &a.tokens.holds,
            None => &a.tokens.expired,
        };
        Row {
            id: token.uid.to_string(),
            name: token.name.clone(),
            role: role(c, token.role),
            since: t.date.minute(token.created_at),
            until: t.date.day(token.expires_at),
            state,
            holds: token.holds(now),
        }
    };
    let holding = tokens.iter().filter(|token| token.holds(now)).count().to_string();
    let organisation = &*desk.visitor.organisation.name;
    let slots = [("count", Slot::Text(&holding)), ("organisation", Slot::Name(organisation))];
    let page = Tokens {
        c,
        a,
        title: sentence(&a.tokens.title, &slots),
        rows: tokens.iter().map(row).collect(),
        roles: roles(c, Role::Station),
        may: desk.visitor.role == Role::Administrator,
        token: desk.token(),
        next,
    };
    desk.page(Area::Organisation, &a.tokens.what, &page)
}
