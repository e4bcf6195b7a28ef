//! The organisation in the console: handlers.

use crate::desk::{Desk, Posted};
use crate::language::Language;
use crate::page::console::organisation;
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
        Ok(contact) => organisation::render(&desk, contact.as_ref().map(|contact| &*contact.mail)),
        // who may not see it sees the rest
        Err(error) if error.kind == tegata_usecase::Kind::Denied => organisation::render(&desk, None),
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
    desk.done(set.map(drop), HERE)
}

/// Whether a second factor is demanded.
#[derive(Deserialize)]
pub struct Factor {
    #[serde(default)]
    demanded: Option<u8>,
}

/// `POST /console/organisation/factor`.
pub async fn factor(State(cx): State<Cx>, Posted { desk, form }: Posted<Factor>) -> Response {
    let demanded = form.demanded == Some(1);
    let strong = if demanded { desk.visitor.strong() } else { Ok(()) };
    if let Err(error) = desk.visitor.fresh(&cx).and(strong) {
        return desk.refuse(error);
    }
    desk.done(demand(demanded, desk.visitor.actor(), &cx).await, HERE)
}
