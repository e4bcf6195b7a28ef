//! Logging in and out: handlers. By name and password here; the other ways in have a file each.

pub mod factor;
pub mod passkey;
pub mod provider;

use crate::cookie::Cookie;
use crate::desk::{Entered, Nothing, Posted, Seat, Visit, form_urlencoded};
use crate::page::login::{Filled, Ways, form};
use crate::status;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tegata_domain::login::LIFE;
use tegata_usecase::account::passkey::offered;
use tegata_usecase::login::{self, Opened, Step, outside};
use tegata_usecase::{Cx, Error};

/// How long a browser stays known, in seconds.
const KNOWN: u64 = 90 * 24 * 3600;
/// How long somebody may look for the code of a second factor, in seconds.
const CODE: u64 = 5 * 60;

/// Where a log-in leads: into the console, never to another site.
pub(crate) fn onward(next: &str) -> &str {
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

/// An answer with what the browser keeps from now on.
pub(crate) fn kept(mut response: Response, opened: &Opened) -> Response {
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

/// Leads on, with what the browser keeps from now on.
pub(crate) fn opened(opened: &Opened, next: &str) -> Response {
    kept(Redirect::to(onward(next)).into_response(), opened)
}

/// The same for who proved to be there: the login that this browser had before ends, and who confirmed it goes on for
/// the organisation that it was for.
async fn entered(seat: &Seat, done: Opened, next: &str, cx: &Cx) -> Response {
    let Ok(before) = seat.visitor(cx).await else { return opened(&done, next) };
    // it is out of the browser's hands in any case
    let _ended_or_over = login::end(before.login.uid, &before, cx).await;
    let now = &done.visitor;
    if before.account.row == now.account.row
        && before.organisation.row != now.organisation.row
        && let Ok(back) = login::switch(before.organisation.uid, now, cx).await
    {
        return opened(&back, next);
    }
    opened(&done, next)
}

/// To where the code of the second factor is asked for.
fn ask_code(seat: &Seat, ticket: &str, next: &str) -> Response {
    let next = format!("next={}", form_urlencoded(onward(next)));
    let mut response = Redirect::to(&seat.place().link_with("/login/factor", &next)).into_response();
    response.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.set(ticket, Some(CODE)));
    response
}

/// What the page of a log-in offers beside name and password.
fn ways(cx: &Cx) -> Ways<'_> {
    Ways { passkeys: offered(cx), provider: outside::name(cx) }
}

/// The page of a log-in once more, and why.
fn again(visit: &Visit, filled: Filled<'_>, error: Error, cx: &Cx) -> Response {
    let page = form(&visit.seat.place(), &visit.token(cx), ways(cx), filled, Some(&error));
    status::failed(visit.page(status::of(&error), page), error)
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
    visit.page(StatusCode::OK, form(&visit.seat.place(), &visit.token(&cx), ways(&cx), filled, None))
}

/// What is filled in to log in.
#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    again: Option<String>,
}

/// `POST /login`.
pub async fn enter(State(cx): State<Cx>, Entered { visit, form: filled }: Entered<Credentials>) -> Response {
    match login::password(&filled.name, &filled.password, visit.seat.attempt(), &cx).await {
        Ok(Step::Opened(done)) => entered(&visit.seat, *done, &filled.next, &cx).await,
        Ok(Step::Factor(ticket)) => ask_code(&visit.seat, &ticket, &filled.next),
        Err(error) => {
            let kept = Filled { name: &filled.name, next: &filled.next, again: filled.again.is_some() };
            again(&visit, kept, error, &cx)
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
