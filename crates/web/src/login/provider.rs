//! Logging in at a provider of identity: the way out, and the way back.
//!
//! Why a link and no form: the policy of our pages lets no form lead to another site, also not by way of a redirect.
//! Invariant: what was begun stands in a cookie of this browser, sealed; what comes back without it opens nothing.

use super::{Filled, again, ask_code, entered, named, parameter};
use crate::account::provider::HERE;
use crate::cookie::Cookie;
use crate::desk::{Desk, Visit};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderValue, header};
use tegata_usecase::Cx;
use tegata_usecase::login::Step;
use tegata_usecase::login::outside::{self, Back, Came};

/// How long somebody may be away, in seconds.
const AWAY: u64 = 10 * 60;

/// The line of the cookie that goes along: the ticket, and where it all leads.
pub(crate) fn along(ticket: &str, next: &str) -> HeaderValue {
    Cookie::Ticket.set(&format!("{ticket}.{}", BASE64URL_NOPAD.encode(next.as_bytes())), Some(AWAY))
}

/// What [`along`] says.
fn brought(value: &str) -> (&str, String) {
    let (ticket, next) = value.split_once('.').unwrap_or((value, ""));
    let next = BASE64URL_NOPAD.decode(next.as_bytes()).ok().and_then(|next| String::from_utf8(next).ok());
    (ticket, next.unwrap_or_default())
}

/// `GET /login/provider`: leads there.
pub async fn leave(State(cx): State<Cx>, visit: Visit) -> Response {
    let (query, next) = (visit.seat.query(), parameter(visit.seat.query(), "next").unwrap_or_default());
    match outside::begin(named(query, "again"), &cx).await {
        Ok((address, ticket)) => {
            let mut response = Redirect::to(&address).into_response();
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, along(&ticket, &next));
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) if error.code == "not_found" => visit.seat.refuse(error),
        Err(error) => again(&visit, Filled { next: &next, ..Filled::default() }, error, &cx),
    }
}

/// `GET /login/provider/back`: whom the provider sent.
pub async fn back(State(cx): State<Cx>, visit: Visit) -> Response {
    let field = |name| parameter(visit.seat.query(), name);
    let back = Back { state: field("state"), code: field("code"), iss: field("iss"), error: field("error") };
    let (ticket, next) = brought(visit.seat.cookie(Cookie::Ticket).unwrap_or_default());
    let visitor = visit.seat.visitor(&cx).await.ok();
    let came = outside::back(ticket, back, visitor.as_ref(), visit.seat.attempt(), &cx).await;
    let mut response = match came {
        Ok(Came::In(Step::Opened(done))) => return entered(&visit.seat, *done, &next, &cx).await,
        Ok(Came::In(Step::Factor(ticket))) => return ask_code(&visit.seat, &ticket, &next),
        Ok(Came::Connected) => Redirect::to(HERE).into_response(),
        Err(error) if next == HERE && visitor.is_some() => match Desk::of(visit.seat, &cx).await {
            Ok(desk) => desk.refuse(error),
            Err(response) => response,
        },
        Err(error) => again(&visit, Filled { next: &next, ..Filled::default() }, error, &cx),
    };
    response.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.clear());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_along_comes_back() {
        let line = along("AAAA_-", "/console/devices?q=a;b");
        let value = line.to_str().unwrap().split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
        assert_eq!(brought(&value), ("AAAA_-", "/console/devices?q=a;b".to_owned()));
        assert_eq!(brought(""), ("", String::new()));
        assert_eq!(brought("AAAA.%"), ("AAAA", String::new()));
    }
}
