//! `GET` and `POST /api/v1/contact`: where the notices of one's organisation go.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::notice::{Contact, Language};
use tegata_usecase::{Cx, notice};

/// The request; `mail` must be stated, since null ends all letters: an empty body by mistake would too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(deserialize_with = "Option::deserialize")]
    mail: Option<String>,
    language: Option<Language>,
}

fn view(contact: Option<Contact>) -> axum::Json<Value> {
    let (mail, language) = contact.map(|c| (c.mail, c.language)).unzip();
    axum::Json(json!({ "mail": mail, "language": language.flatten() }))
}

/// Where they go.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller) -> Result<axum::Json<Value>, Status> {
    Ok(view(notice::contact(&actor, &cx).await?))
}

/// Sets it.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    Ok(view(notice::set_contact(asked.mail.as_deref(), asked.language, &actor, &cx).await?))
}
