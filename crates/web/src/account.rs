//! One's own account: handlers.

pub mod factor;
pub mod passkeys;
pub mod provider;

use crate::desk::{Desk, Nothing, Posted};
use crate::login::opened;
use crate::page::console::account;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::notice::Language;
use tegata_usecase::account::{change, passkey, speak};
use tegata_usecase::login::outside;
use tegata_usecase::{Cx, Error, login};
use uuid::Uuid;

const HERE: &str = "/console/account";

/// `GET /console/account`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    let logins = login::of(&desk.visitor, &cx).await;
    let houses = login::houses(&desk.visitor, &cx).await;
    match (logins, houses, ways(&desk, &cx).await) {
        (Ok(logins), Ok(houses), Ok(ways)) => account::render(&desk, logins, houses, ways),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => desk.refuse(error),
    }
}

/// The ways in that the person has beside a password.
async fn ways<'a>(desk: &Desk, cx: &'a Cx) -> Result<account::Ways<'a>, Error> {
    let provider = match outside::name(cx) {
        Some(name) => Some((name, outside::is_connected(&desk.visitor, cx).await?)),
        None => None,
    };
    Ok(account::Ways { passkeys: passkey::of(&desk.visitor, cx).await?.len(), provider })
}

/// What is filled in to change a password.
#[derive(Deserialize)]
pub struct Password {
    #[serde(default)]
    present: String,
    next: String,
}

/// `POST /console/account/password`.
pub async fn password(State(cx): State<Cx>, Posted { desk, form }: Posted<Password>) -> Response {
    let changed = change((&form.present, &form.next), &desk.visitor, desk.attempt(), &cx).await;
    desk.done(changed, HERE)
}

/// What is chosen as a language.
#[derive(Deserialize)]
pub struct Tongue {
    language: String,
}

/// `POST /console/account/language`.
pub async fn language(State(cx): State<Cx>, Posted { desk, form }: Posted<Tongue>) -> Response {
    let language = match &*form.language {
        "en" => Some(Language::En),
        "ja" => Some(Language::Ja),
        _ => None,
    };
    desk.done(speak(language, &desk.visitor, &cx).await, HERE)
}

/// `POST /console/account/logins/{id}/end`.
pub async fn end_login(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("login")) };
    desk.done(login::end(uid, &desk.visitor, &cx).await, HERE)
}

/// `POST /console/account/logins/end`: all but this one.
pub async fn end_others(State(cx): State<Cx>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    desk.done(login::end_others(&desk.visitor, &cx).await, HERE)
}

/// For which organisation somebody would act.
#[derive(Deserialize)]
pub struct House {
    organisation: Uuid,
}

/// `POST /console/switch`: a new login takes the place of this one.
pub async fn switch(State(cx): State<Cx>, Posted { desk, form }: Posted<House>) -> Response {
    match login::switch(form.organisation, &desk.visitor, &cx).await {
        Ok(done) => opened(&done, "/console"),
        Err(error) => desk.refuse(error),
    }
}
