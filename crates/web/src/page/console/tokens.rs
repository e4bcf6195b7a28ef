//! The API tokens of an organisation.

use super::{Area, Choice, role, roles, words};
use crate::desk::Desk;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::account::Account;
use crate::texts::console::Console;
use crate::texts::count;
use askama::Template;
use axum::response::Response;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;
use tegata_domain::token::Token;

/// The form as it comes back.
#[derive(Clone, Copy)]
pub(crate) struct Filled<'a> {
    pub name: &'a str,
    pub role: Role,
    pub days: u64,
    /// Why it was refused.
    pub refused: Option<&'a str>,
}

impl Default for Filled<'_> {
    fn default() -> Self {
        Filled { name: "", role: Role::Station, days: 90, refused: None }
    }
}

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
    filled: Filled<'a>,
    may: bool,
    token: &'a str,
    next: Option<String>,
}

/// The page: these, and where the next ones are.
pub(crate) fn render(
    desk: &Desk,
    (tokens, next): (&[Token], Option<String>),
    filled: Filled<'_>,
    now: Timestamp,
) -> Response {
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
            since: t.date.day(token.created_at),
            until: t.date.day(token.expires_at),
            state,
            holds: token.holds(now),
        }
    };
    let holding = tokens.iter().filter(|token| token.holds(now)).count() as u64;
    let shown = count(holding);
    let organisation = &*desk.visitor.organisation.name;
    let slots = [("count", Slot::Text(&shown)), ("organisation", Slot::Name(organisation))];
    let page = Tokens {
        c,
        a,
        title: sentence(a.tokens.title.form(holding), &slots),
        rows: tokens.iter().map(row).collect(),
        roles: roles(c, filled.role),
        filled,
        may: desk.visitor.role == Role::Administrator,
        token: desk.token(),
        next,
    };
    desk.page(Area::Organisation, &a.tokens.what, &page)
}
