//! One's own passkeys: handlers.

use crate::desk::{Desk, Nothing, Posted};
use crate::login::opened;
use crate::login::passkey::{Answer, asked, unanswered};
use crate::page::console::passkeys as page;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_usecase::account::passkey;
use tegata_usecase::{Cx, Error};
use uuid::Uuid;

const HERE: &str = "/console/account/passkeys";

/// `GET /console/account/passkeys`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    match passkey::of(&desk.visitor, &cx).await {
        Ok(passkeys) => page::render(&desk, passkeys, (passkey::offered(&cx), ""), None),
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/account/passkeys/begin`.
pub async fn begin(State(cx): State<Cx>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let begun = passkey::begin(&desk.visitor, &cx).await;
    begun.and_then(asked).unwrap_or_else(|error| desk.refuse(error))
}

/// The browser's answer, and what its holder calls the passkey.
#[derive(Deserialize)]
pub struct Made {
    #[serde(flatten)]
    answer: Answer,
    name: String,
}

/// `POST /console/account/passkeys`.
pub async fn add(State(cx): State<Cx>, Posted { desk, form }: Posted<Made>) -> Response {
    let Made { answer: Answer { ticket, credential, .. }, name } = form;
    let done = match credential.is_empty() {
        true => passkey::begin(&desk.visitor, &cx).await.and_then(|_| Err(unanswered())),
        false => passkey::finish(&ticket, (&credential, &name), &desk.visitor, desk.attempt(), &cx).await,
    };
    match done {
        Ok(done) => opened(&done, HERE),
        Err(error) if error.code == "confirm" => desk.refuse(error),
        Err(error) => {
            let offered = (passkey::offered(&cx), &*name);
            let passkeys = passkey::of(&desk.visitor, &cx).await;
            desk.again(passkeys.map(|passkeys| page::render(&desk, passkeys, offered, Some(&error))), error)
        }
    }
}

/// What a passkey is called from now on.
#[derive(Deserialize)]
pub struct Called {
    name: String,
}

/// `POST /console/account/passkeys/{id}/name`.
pub async fn rename(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, form }: Posted<Called>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("passkey")) };
    desk.done(passkey::rename(uid, &form.name, &desk.visitor, &cx).await, HERE)
}

/// `POST /console/account/passkeys/{id}/end`.
pub async fn end(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("passkey")) };
    desk.done(passkey::end(uid, &desk.visitor, &cx).await, HERE)
}
