//! Who belongs to an organisation, and who is invited.

use super::{Area, Choice, role, roles, words};
use crate::desk::Desk;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::account::Account;
use crate::texts::console::Console;
use askama::Template;
use axum::response::Response;
use tegata_domain::invitation::Invitation;
use tegata_domain::membership::Listed;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;

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
    may: bool,
    token: &'a str,
    next: Option<String>,
}

/// The page: these members, and where the next ones are; these invitations.
pub(crate) fn render(
    desk: &Desk,
    (members, next): (&[Listed], Option<String>),
    invitations: &[Invitation],
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
    let count = members.len().to_string();
    let slots = [("count", Slot::Text(&count)), ("organisation", Slot::Name(&desk.visitor.organisation.name))];
    let page = Members {
        c,
        a,
        title: sentence(&a.members.title, &slots),
        rows: members.iter().map(row).collect(),
        invited: invitations.iter().map(invited).collect(),
        roles: roles(c, Role::Operator),
        may: desk.visitor.role == Role::Administrator,
        token: desk.token(),
        next,
    };
    desk.page(Area::Organisation, &a.members.what, &page)
}
