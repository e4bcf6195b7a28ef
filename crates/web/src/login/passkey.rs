//! Logging in with a passkey: what the browser is asked, and its answer as a form. The script carries one to the other.

use super::{Filled, again, entered};
use crate::desk::{Entered, Nothing};
use crate::{refusal, status};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tegata_usecase::login::passkey;
use tegata_usecase::{Cx, Error, Result};

/// What the browser is asked, with the ticket that its answer comes back with: JSON, for the script.
pub(crate) fn asked((options, ticket): (String, String)) -> Result<Response> {
    let mut asked: serde_json::Value = serde_json::from_str(&options).map_err(Error::internal)?;
    asked["ticket"] = ticket.into();
    Ok(status::answer(&asked))
}

/// An answer without a credential: the script did not run, or the browser could not.
pub(crate) fn unanswered() -> Error {
    refusal::invalid("passkey_script")
}

/// `POST /login/passkey/begin`.
pub async fn begin(State(cx): State<Cx>, Entered { visit, .. }: Entered<Nothing>) -> Response {
    passkey::begin(&cx).and_then(asked).unwrap_or_else(|error| visit.seat.refuse(error))
}

/// What the browser answered.
#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    pub(crate) ticket: String,
    #[serde(default)]
    pub(crate) credential: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    again: Option<String>,
}

/// `POST /login/passkey`.
pub async fn enter(State(cx): State<Cx>, Entered { visit, form: filled }: Entered<Answer>) -> Response {
    let opened = match filled.credential.is_empty() {
        true => passkey::begin(&cx).and_then(|_| Err(unanswered())),
        false => passkey::open(&filled.ticket, &filled.credential, visit.seat.attempt(), &cx).await,
    };
    match opened {
        Ok(done) => entered(&visit.seat, done, &filled.next, &cx).await,
        Err(error) => {
            let kept = Filled { name: "", next: &filled.next, again: filled.again.is_some() };
            again(&visit, kept, error, &cx)
        }
    }
}
