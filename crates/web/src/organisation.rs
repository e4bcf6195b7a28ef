//! The organisation in the console: handlers.

use crate::desk::{Desk, Posted};
use crate::language::Language;
use crate::page::console::organisation;
use crate::refusal;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::notice;
use tegata_usecase::Cx;
use tegata_usecase::organisation::demand;

const HERE: &str = "/console/organisation";

/// `GET /console/organisation`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    match tegata_usecase::notice::contact(desk.visitor.actor(), &cx).await {
        Ok(contact) => organisation::render(&desk, contact.as_ref().map(|contact| &*contact.mail), None),
        // who may not see it sees the rest
        Err(error) if error.kind == tegata_usecase::Kind::Denied => organisation::render(&desk, None, None),
        Err(error) => desk.refuse(error),
    }
}

/// Where notices go; nowhere where the field is empty.
#[derive(Deserialize)]
pub struct Mail {
    mail: String,
}

/// `POST /console/organisation/contact`.
pub async fn contact(State(cx): State<Cx>, Posted { desk, form }: Posted<Mail>) -> Response {
    let language = match desk.place().language() {
        Language::En => notice::Language::En,
        Language::Ja => notice::Language::Ja,
    };
    let mail = Some(form.mail.trim()).filter(|mail| !mail.is_empty());
    let set = tegata_usecase::notice::set_contact(mail, Some(language), desk.visitor.actor(), &cx).await;
    match set {
        Err(error) if error.is_mistake() => {
            let page = organisation::render(&desk, mail, Some(refusal::words(&error, &desk)));
            desk.again(Ok(page), error)
        }
        set => desk.done(set.map(drop), HERE),
    }
}

/// Whether a second factor is demanded.
#[derive(Deserialize)]
pub struct Factor {
    #[serde(default)]
    demanded: Option<u8>,
}

/// `POST /console/organisation/factor`.
pub async fn factor(State(cx): State<Cx>, Posted { desk, form }: Posted<Factor>) -> Response {
    desk.done(demand(form.demanded == Some(1), &desk.visitor, &cx).await, HERE)
}
