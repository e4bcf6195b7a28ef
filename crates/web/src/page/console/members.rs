//! Who belongs to an organisation, and who is invited.

use super::{Area, Choice, role, roles, words};
use crate::desk::Desk;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::account::Account;
use crate::texts::console::Console;
use crate::texts::count;
use askama::Template;
use axum::response::Response;
use tegata_domain::invitation::Invitation;
use tegata_domain::membership::Listed;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;

/// The form for an invitation as it comes back.
#[derive(Clone, Copy)]
pub(crate) struct Filled<'a> {
    pub note: &'a str,
    pub role: Role,
    /// Why it was refused.
    pub refused: Option<&'a str>,
}

impl Default for Filled<'_> {
    fn default() -> Self {
        Filled { note: "", role: Role::Operator, refused: None }
    }
}

struct Row {
    id: String,
    name: String,
    role: &'static str,
    roles: Vec<Choice>,
    since: Moment,
    seen: Option<Moment>,
    secured: bool,
    oneself: bool,
}

struct Invited {
    id: String,
    note: String,
    role: &'static str,
    until: Moment,
    state: &'static str,
    open: bool,
}

#[derive(Template)]
#[template(path = "console/members.html")]
struct Members<'a> {
    c: &'static Console,
    a: &'static Account,
    title: Sentence,
    rows: Vec<Row>,
    invited: Vec<Invited>,
    roles: Vec<Choice>,
    filled: Filled<'a>,
    may: bool,
    token: &'a str,
    next: Option<String>,
}

/// The page: these members, and where the next ones are; these invitations.
pub(crate) fn render(
    desk: &Desk,
    (members, next): (&[Listed], Option<String>),
    invitations: &[Invitation],
    filled: Filled<'_>,
    now: Timestamp,
) -> Response {
    let (t, c) = words(desk);
    let a = Account::of(desk.place().language());
    let row = |one: &Listed| Row {
        id: one.uid.to_string(),
        name: one.name.clone(),
        role: role(c, one.role),
        roles: roles(c, one.role),
        since: t.date.day(one.created_at),
        seen: one.seen_at.map(|at| t.date.minute(at)),
        secured: one.secured,
        oneself: one.account == desk.visitor.account.row,
    };
    let invited = |one: &Invitation| Invited {
        id: one.uid.to_string(),
        note: one.note.clone(),
        role: role(c, one.role),
        until: t.date.minute(one.expires_at),
        state: match (one.used_at, one.ended_at) {
            (Some(_), _) => &a.members.used,
            (None, Some(_)) => &a.members.ended,
            (None, None) if one.holds(now) => &a.members.open,
            (None, None) => &a.members.expired,
        },
        open: one.holds(now),
    };
    let all = members.len() as u64;
    let shown = count(all);
    let slots = [("count", Slot::Text(&shown)), ("organisation", Slot::Name(&desk.visitor.organisation.name))];
    let page = Members {
        c,
        a,
        title: sentence(a.members.title.form(all), &slots),
        rows: members.iter().map(row).collect(),
        invited: invitations.iter().map(invited).collect(),
        roles: roles(c, filled.role),
        filled,
        may: desk.visitor.role == Role::Administrator,
        token: desk.token(),
        next,
    };
    desk.page(Area::Organisation, &a.members.what, &page)
}
