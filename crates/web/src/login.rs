//! Logging in and out: handlers.

use crate::cookie::Cookie;
use crate::desk::{Entered, Nothing, Posted, Visit};
use crate::page::login::{Filled, Reader, form, invitation as invited_page};
use crate::status;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tegata_domain::login::LIFE;
use tegata_usecase::login::{self, Opened, Step};
use tegata_usecase::{Cx, invitation};

/// How long a browser stays known, in seconds.
const KNOWN: u64 = 90 * 24 * 3600;

/// Where a log-in leads: into the console, never to another site.
fn onward(next: &str) -> &str {
    let own = next.starts_with("/console") || next.starts_with("/invitation/") || next == "/claim";
    let plain = !next.contains(['\\', '\r', '\n']) && !next.starts_with("//");
    if own && plain && next.len() <= 1024 { next } else { "/console" }
}

/// The value of a parameter of the address.
fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query?).ok()?;
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn named(query: Option<&str>, name: &str) -> bool {
    query.is_some_and(|query| query.split('&').any(|one| one == name || one.starts_with(&format!("{name}="))))
}

/// Leads on, with what the browser keeps from now on.
pub(crate) fn opened(opened: &Opened, next: &str) -> Response {
    let mut response = Redirect::to(onward(next)).into_response();
    let cookies = [
        Cookie::Login.set(&opened.secret, Some(LIFE.as_secs())),
        Cookie::Known.set(&opened.known, Some(KNOWN)),
        Cookie::Ticket.clear(),
        Cookie::Form.clear(),
    ];
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `GET /login`.
pub async fn show(State(cx): State<Cx>, visit: Visit) -> Response {
    let query = visit.seat.query();
    let (next, again) = (parameter(query, "next").unwrap_or_default(), named(query, "again"));
    let visitor = visit.seat.visitor(&cx).await;
    if visitor.is_ok() && !again {
        return Redirect::to(onward(&next)).into_response();
    }
    let name = visitor.map(|visitor| visitor.account.name).unwrap_or_default();
    let filled = Filled { name: &name, next: &next, again };
    visit.page(StatusCode::OK, form(&visit.seat.place(), &visit.token(&cx), filled, None))
}

/// What is filled in to log in.
#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`.
pub async fn enter(State(cx): State<Cx>, Entered { visit, form: filled }: Entered<Credentials>) -> Response {
    match login::password(&filled.name, &filled.password, visit.seat.attempt(), &cx).await {
        Ok(Step::Opened(done)) => opened(&done, &filled.next),
        Ok(Step::Factor(ticket)) => {
            let next = crate::desk::form_urlencoded(onward(&filled.next));
            let mut response = Redirect::to(&format!("/login/factor?next={next}")).into_response();
            response.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.set(&ticket, Some(300)));
            response
        }
        Err(error) => {
            let kept = Filled { name: &filled.name, next: &filled.next, again: false };
            let page = form(&visit.seat.place(), &visit.token(&cx), kept, Some(&error));
            status::failed(visit.page(status::of(&error), page), error)
        }
    }
}

/// `POST /logout`.
pub async fn leave(State(cx): State<Cx>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    if let Err(error) = login::end(desk.visitor.login.uid, &desk.visitor, &cx).await {
        return desk.refuse(error);
    }
    let mut response = Redirect::to(&desk.place().link("/login")).into_response();
    response.headers_mut().append(header::SET_COOKIE, Cookie::Login.clear());
    response
}

/// `GET /invitation/{code}`.
pub async fn invited(State(cx): State<Cx>, Path(code): Path<String>, visit: Visit) -> Response {
    match invitation::shown(&code, &cx).await {
        Ok(shown) => {
            let join_path = format!("/invitation/{code}/join");
            let reader = Reader { name: "", member: visit.seat.member(&cx).await, join_path: &join_path };
            let page = invited_page(&visit.seat.place(), &visit.token(&cx), &shown, reader, None);
            visit.page(StatusCode::OK, page)
        }
        Err(error) => visit.seat.refuse(error),
    }
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
    let error = match invitation::accept(&code, (&form.name, &form.password), visit.seat.attempt(), &cx).await {
        Ok(done) => return opened(&done, "/console"),
        Err(error) => error,
    };
    match invitation::shown(&code, &cx).await {
        Ok(shown) => {
            let join_path = format!("/invitation/{code}/join");
            let reader = Reader { name: &form.name, member: None, join_path: &join_path };
            let page = invited_page(&visit.seat.place(), &visit.token(&cx), &shown, reader, Some(&error));
            status::failed(visit.page(status::of(&error), page), error)
        }
        Err(_) => visit.seat.refuse(error),
    }
}

/// `POST /invitation/{code}/join`.
pub async fn join(State(cx): State<Cx>, Path(code): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    desk.done(invitation::join(&code, &desk.visitor, &cx).await, "/console/account")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_nowhere_else() {
        for (asked, led) in [
            ("/console/devices?q=1", "/console/devices?q=1"),
            ("/invitation/x", "/invitation/x"),
            ("https://example.com/console", "/console"),
            ("//example.com", "/console"),
            ("/console\\..\\x", "/console"),
            ("/console\r\nx", "/console"),
            ("", "/console"),
        ] {
            assert_eq!(onward(asked), led, "{asked}");
        }
    }
}
