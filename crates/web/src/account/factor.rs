//! One's own second factor: handlers.

use crate::desk::{Desk, Nothing, Posted};
use crate::login::kept;
use crate::page::console::{Area, factor as page, once};
use crate::sentence::sentence;
use crate::texts::ways::Ways;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tegata_usecase::Cx;
use tegata_usecase::account::factor;

const HERE: &str = "/console/account/factor";

/// `GET /console/account/factor`: what is set up, or how it is; a new phone is set up at `?new`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    let new = desk.query().is_some_and(|query| query.split('&').any(|one| one == "new"));
    if let Some(factor) = desk.visitor.account.factor.as_ref().filter(|_| !new) {
        return page::there(&desk, factor.codes.len());
    }
    match factor::begin(&desk.visitor, &cx) {
        Ok(setting) => page::set_up(&desk, &setting, None),
        Err(error) => desk.refuse(error),
    }
}

/// What is filled in: the first code of the phone.
#[derive(Deserialize)]
pub struct First {
    ticket: String,
    code: String,
}

/// `POST /console/account/factor`. The recovery codes stand on the answer, and nowhere else.
pub async fn confirm(State(cx): State<Cx>, Posted { desk, form }: Posted<First>) -> Response {
    let done = factor::confirm(&form.ticket, &form.code, &desk.visitor, desk.attempt(), &cx).await;
    match done {
        Ok((opened, told)) => {
            let desk = desk.raised(&opened, &cx);
            kept(codes_once(&desk, &told), &opened)
        }
        Err(error) if error.code == "code" => {
            let setting = factor::again(&form.ticket, &desk.visitor, &cx);
            desk.again(setting.map(|setting| page::set_up(&desk, &setting, Some(&error))), error)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/account/factor/codes`: new recovery codes.
pub async fn codes(State(cx): State<Cx>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    match factor::codes(&desk.visitor, &cx).await {
        Ok(told) => codes_once(&desk, &told),
        Err(error) => desk.refuse(error),
    }
}

fn codes_once(desk: &Desk, told: &[impl AsRef<str>]) -> Response {
    let w = &Ways::of(desk.place().language()).factor;
    let shown = once::Shown {
        name: sentence(&w.codes, &[]),
        secret: told.iter().map(|code| code.as_ref()).collect::<Vec<&str>>().join("\n"),
        note: Some(sentence(&w.codes_note, &[])),
        back: "/console/account".into(),
    };
    once::render(desk, Area::Account, &shown)
}

/// `POST /console/account/factor/end`.
pub async fn end(State(cx): State<Cx>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    desk.done(factor::end(&desk.visitor, &cx).await, HERE)
}
