//! One's own account.

use super::{Area, role, words};
use crate::desk::Desk;
use crate::language::Language;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::Texts;
use crate::texts::account::Account;
use crate::texts::console::Console;
use askama::Template;
use axum::response::Response;
use tegata_domain::notice;
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::Role;
use tegata_usecase::login::Standing;

struct Row {
    id: String,
    agent: String,
    strength: &'static str,
    organisation: String,
    since: Moment,
    seen: Moment,
    here: bool,
}

struct House {
    id: String,
    name: String,
    role: &'static str,
    now: bool,
}

struct Tongue {
    value: &'static str,
    name: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/account.html")]
struct Own<'a> {
    c: &'static Console,
    a: &'static Account,
    title: Sentence,
    name: &'a str,
    token: &'a str,
    has_password: bool,
    languages: Vec<Tongue>,
    logins: Vec<Row>,
    houses: Vec<House>,
}

fn tongue(language: notice::Language) -> Language {
    match language {
        notice::Language::En => Language::En,
        notice::Language::Ja => Language::Ja,
    }
}

/// The page.
pub(crate) fn render(desk: &Desk, logins: Vec<Standing>, houses: Vec<(Organisation, Role)>) -> Response {
    let (t, c) = words(desk);
    let a = Account::of(desk.place().language());
    let own = &desk.visitor.account;
    let row = |standing: Standing| Row {
        id: standing.login.uid.to_string(),
        agent: standing.login.agent,
        strength: &a.own.strength[standing.login.strength as usize - 1],
        organisation: standing.organisation,
        since: t.date.minute(standing.login.created_at),
        seen: t.date.minute(standing.login.seen_at),
        here: standing.here,
    };
    let house = |(house, as_what): (Organisation, Role)| House {
        id: house.uid.to_string(),
        now: house.row == desk.visitor.organisation.row,
        name: house.name,
        role: role(c, as_what),
    };
    let chosen = own.language.map(tongue);
    let languages = Language::ALL.map(|language| Tongue {
        value: language.tag(),
        name: &Texts::of(language).language.name,
        chosen: chosen == Some(language),
    });
    let page = Own {
        c,
        a,
        title: sentence(&a.own.title, &[("name", Slot::Name(&own.name))]),
        name: &own.name,
        token: desk.token(),
        has_password: own.password_hash.is_some(),
        languages: languages.into(),
        logins: logins.into_iter().map(row).collect(),
        houses: houses.into_iter().map(house).collect(),
    };
    desk.page(Area::Account, &a.own.what, &page)
}
