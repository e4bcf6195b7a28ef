//! Making a device one's own: handlers.

use crate::desk::{Entered, Posted, Visit};
use crate::language::Language;
use crate::login::opened;
use crate::page::claim::{Filled, form};
use crate::status::{self, failed};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tegata_domain::notice;
use tegata_usecase::Cx;
use tegata_usecase::transfer::{self, Opening};

/// Where a device that was taken over is seen.
const ONWARD: &str = "/console";

/// `GET /claim`: a code, and who one is from then on.
pub async fn show(State(cx): State<Cx>, visit: Visit) -> Response {
    let member = visit.seat.member(&cx).await;
    let filled = Filled { member: member.as_ref(), ..Filled::default() };
    let page = form(&visit.seat.place(), &visit.token(&cx), filled, None);
    visit.page(StatusCode::OK, page)
}

/// What is filled in by who has no account.
#[derive(Deserialize)]
pub struct Household {
    code: String,
    name: String,
    password: String,
}

/// `POST /claim`: a household of one's own, with the device.
pub async fn open(State(cx): State<Cx>, Entered { visit, form: filled }: Entered<Household>) -> Response {
    let place = visit.seat.place();
    let language = Some(match place.language() {
        Language::En => notice::Language::En,
        Language::Ja => notice::Language::Ja,
    });
    let opening = Opening { code: &filled.code, name: &filled.name, password: &filled.password, language };
    match transfer::open_household(opening, visit.seat.attempt(), &cx).await {
        Ok((login, _)) => opened(&login, ONWARD),
        Err(error) => {
            let kept = Filled { code: &filled.code, name: &filled.name, member: None };
            let page = form(&place, &visit.token(&cx), kept, Some(&error));
            failed(visit.page(status::of(&error), page), error)
        }
    }
}

/// What is filled in by who is logged in.
#[derive(Deserialize)]
pub struct Code {
    code: String,
}

/// `POST /claim/join`: the device comes to the organisation that one acts for.
pub async fn join(State(cx): State<Cx>, Posted { desk, form: filled }: Posted<Code>) -> Response {
    let taken = transfer::claim(&filled.code, desk.visitor.actor(), &cx).await;
    desk.done(taken.map(drop), ONWARD)
}
