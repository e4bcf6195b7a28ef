//! Behind the link of an invitation: handlers.

use crate::desk::{Entered, Nothing, Posted, Visit};
use crate::login::opened;
use crate::login::passkey::{Answer, asked, unanswered};
use crate::page::login::{Reader, invitation as page};
use crate::status;
use crate::texts::login::Login;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tegata_usecase::account::passkey::offered;
use tegata_usecase::{Cx, Error, invitation};

/// `GET /invitation/{code}`.
pub async fn show(State(cx): State<Cx>, Path(code): Path<String>, visit: Visit) -> Response {
    match invitation::shown(&code, &cx).await {
        Ok(shown) => {
            let member = visit.seat.member(&cx).await;
            let reader = Reader { name: "", member, code: &code, passkeys: offered(&cx) };
            visit.page(StatusCode::OK, page(&visit.seat.place(), &visit.token(&cx), &shown, reader, None))
        }
        Err(error) => visit.seat.refuse(error),
    }
}

/// The page once more, and why.
async fn again(visit: &Visit, (code, name): (&str, &str), error: Error, cx: &Cx) -> Response {
    let Ok(shown) = invitation::shown(code, cx).await else { return visit.seat.refuse(error) };
    let reader = Reader { name, member: None, code, passkeys: offered(cx) };
    let page = page(&visit.seat.place(), &visit.token(cx), &shown, reader, Some(&error));
    status::failed(visit.page(status::of(&error), page), error)
}

/// What is filled in to take an invitation up.
#[derive(Deserialize)]
pub struct Accepted {
    name: String,
    password: String,
}

/// `POST /invitation/{code}`.
pub async fn accept(
    State(cx): State<Cx>,
    Path(code): Path<String>,
    Entered { visit, form }: Entered<Accepted>,
) -> Response {
    match invitation::accept(&code, (&form.name, &form.password), visit.seat.attempt(), &cx).await {
        Ok(done) => opened(&done, "/console"),
        Err(error) => again(&visit, (&code, &form.name), error, &cx).await,
    }
}

/// Under which name an authenticator would keep the passkey.
#[derive(Deserialize)]
pub struct Called {
    #[serde(default)]
    name: String,
}

/// `POST /invitation/{code}/passkey/begin`.
pub async fn begin_with(
    State(cx): State<Cx>,
    Path(code): Path<String>,
    Entered { visit, form }: Entered<Called>,
) -> Response {
    let begun = invitation::begin_with(&code, &form.name, &cx).await;
    begun.and_then(asked).unwrap_or_else(|error| visit.seat.refuse(error))
}

/// The browser's answer, and the name that was filled in.
#[derive(Deserialize)]
pub struct Answered {
    #[serde(flatten)]
    answer: Answer,
    #[serde(flatten)]
    called: Called,
}

/// `POST /invitation/{code}/passkey`.
pub async fn accept_with(
    State(cx): State<Cx>,
    Path(code): Path<String>,
    Entered { visit, form: Answered { answer, called } }: Entered<Answered>,
) -> Response {
    let first = &Login::of(visit.seat.place().language()).invitation.first_passkey;
    let done = match answer.credential.is_empty() {
        true => invitation::begin_with(&code, &called.name, &cx).await.and_then(|_| Err(unanswered())),
        false => {
            let answer = (&*answer.ticket, &*answer.credential);
            invitation::accept_with(&code, answer, first, visit.seat.attempt(), &cx).await
        }
    };
    match done {
        Ok(done) => opened(&done, "/console"),
        Err(error) => again(&visit, (&code, &called.name), error, &cx).await,
    }
}

/// `POST /invitation/{code}/join`.
pub async fn join(State(cx): State<Cx>, Path(code): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    desk.done(invitation::join(&code, &desk.visitor, &cx).await, "/console/account")
}
