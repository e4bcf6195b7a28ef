//! One's own account.

use super::{Area, role, words};
use crate::desk::Desk;
use crate::language::Language;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::Texts;
use crate::texts::account::Account;
use crate::texts::browser::called;
use crate::texts::console::Console;
use crate::texts::ways::Ways as WayWords;
use askama::Template;
use axum::response::Response;
use tegata_domain::notice;
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::Role;
use tegata_usecase::login::Standing;

struct Row {
    id: String,
    agent: String,
    /// As the browser itself says it.
    raw: String,
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
    w: &'static WayWords,
    ways: Vec<Way>,
}

/// The ways in beside a password.
pub(crate) struct Ways<'a> {
    /// How many passkeys there are.
    pub passkeys: usize,
    /// What people call the provider, and whether the account is connected with it.
    pub provider: Option<(&'a str, bool)>,
}

struct Way {
    id: &'static str,
    path: String,
    name: String,
    state: String,
    on: bool,
}

/// A line for each, with its page.
fn lines(desk: &Desk, w: &'static WayWords, ways: &Ways<'_>) -> Vec<Way> {
    let (place, has) = (desk.place(), desk.visitor.account.factor.is_some());
    let l = &w.list;
    let way = |id, path, name: &str, state: &str, on| Way {
        id,
        path: place.link(path),
        name: name.to_owned(),
        state: state.to_owned(),
        on,
    };
    let count = match ways.passkeys {
        0 => l.passkeys_none.clone(),
        some => l.count.of(some as u64),
    };
    let passkeys = way("to-passkeys", "/console/account/passkeys", &l.passkeys, &count, ways.passkeys > 0);
    let state = if has { &l.factor_on } else { &l.factor_off };
    let factor = way("to-factor", "/console/account/factor", &l.factor, state, has);
    let provider = ways.provider.map(|(name, on)| {
        let state = if on { &l.provider_on } else { &l.provider_off };
        way("to-provider", "/console/account/provider", name, state, on)
    });
    [passkeys, factor].into_iter().chain(provider).collect()
}

fn tongue(language: notice::Language) -> Language {
    match language {
        notice::Language::En => Language::En,
        notice::Language::Ja => Language::Ja,
    }
}

/// The page.
pub(crate) fn render(
    desk: &Desk,
    logins: Vec<Standing>,
    houses: Vec<(Organisation, Role)>,
    ways: Ways<'_>,
) -> Response {
    let (t, c) = words(desk);
    let a = Account::of(desk.place().language());
    let (own, w) = (&desk.visitor.account, WayWords::of(desk.place().language()));
    let row = |standing: Standing| Row {
        id: standing.login.uid.to_string(),
        agent: called(&standing.login.agent, desk.place().language()),
        raw: standing.login.agent,
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
        ways: lines(desk, w, &ways),
        w,
    };
    desk.page(Area::Account, &a.own.what, &page)
}
