//! The code after the password: a ticket in a cookie stands for what was proven so far.

use super::{CODE, Filled, again, entered, onward, parameter};
use crate::cookie::Cookie;
use crate::desk::{Entered, Visit};
use crate::page::login::factor as page;
use crate::status;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tegata_usecase::{Cx, login};

/// `GET /login/factor`. Who brings no ticket begins at the beginning.
pub async fn show(State(cx): State<Cx>, visit: Visit) -> Response {
    if visit.seat.cookie(Cookie::Ticket).is_none() {
        return Redirect::to(&visit.seat.place().link("/login")).into_response();
    }
    let next = parameter(visit.seat.query(), "next").unwrap_or_default();
    visit.page(StatusCode::OK, page(&visit.seat.place(), &visit.token(&cx), onward(&next), None))
}

/// What is filled in.
#[derive(Deserialize)]
pub struct Code {
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /login/factor`.
pub async fn enter(State(cx): State<Cx>, Entered { visit, form: filled }: Entered<Code>) -> Response {
    let ticket = visit.seat.cookie(Cookie::Ticket).unwrap_or_default();
    match login::factor(ticket, &filled.code, visit.seat.attempt(), &cx).await {
        Ok(done) => entered(&visit.seat, done, &filled.next, &cx).await,
        // the password is asked for anew
        Err(error) if error.code == "ticket" => {
            let mut page = again(&visit, Filled { next: &filled.next, ..Filled::default() }, error, &cx);
            page.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.clear());
            page
        }
        Err(error) => {
            let page = page(&visit.seat.place(), &visit.token(&cx), onward(&filled.next), Some(&error));
            let mut page = status::failed(visit.page(status::of(&error), page), error);
            page.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.set(ticket, Some(CODE)));
            page
        }
    }
}
