//! One's own passkeys.

use super::{Area, words};
use crate::desk::Desk;
use crate::refusal;
use crate::sentence::Moment;
use crate::texts::login::Login;
use crate::texts::ways::Ways;
use askama::Template;
use axum::response::Response;
use tegata_domain::account::Passkey;
use tegata_usecase::Error;

struct Row {
    id: String,
    name: String,
    since: Moment,
    used: Option<Moment>,
}

#[derive(Template)]
#[template(path = "console/passkeys.html")]
struct Passkeys<'a> {
    w: &'static Ways,
    l: &'static Login,
    token: &'a str,
    rows: Vec<Row>,
    offered: bool,
    /// What was filled in.
    name: &'a str,
    fault: Option<&'static str>,
}

/// The page; `name` is what was filled in for a new one.
pub(crate) fn render(
    desk: &Desk,
    passkeys: Vec<Passkey>,
    (offered, name): (bool, &str),
    error: Option<&Error>,
) -> Response {
    let ((t, _), language) = (words(desk), desk.place().language());
    let w = Ways::of(language);
    let row = |one: Passkey| Row {
        id: one.uid.to_string(),
        name: one.name,
        since: t.date.day(one.created_at),
        used: one.used_at.map(|at| t.date.minute(at)),
    };
    let page = Passkeys {
        w,
        l: Login::of(language),
        token: desk.token(),
        rows: passkeys.into_iter().map(row).collect(),
        offered,
        name,
        fault: error.map(|error| refusal::words(error, desk)),
    };
    desk.page(Area::Account, &w.passkeys.what, &page)
}
