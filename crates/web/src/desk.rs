//! The desk of who is logged in: the extractor behind each page of the console, and how such a page goes out.
//!
//! Invariant: no handler of the console is reached without a login, and no form of it without the token that only a page
//! of this login carries.

use crate::cookie::Cookie;
use crate::language::Language;
use crate::origin;
use crate::page::console::{self, Area};
use crate::page::{self, Place};
use crate::status::{self, request_id};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use tegata_domain::notice;
use tegata_domain::permit::{Operation, Subject};
use tegata_usecase::login::{self, Attempt, Visitor};
use tegata_usecase::peer::Peer;
use tegata_usecase::{Cx, Error, Kind, cursor};

/// Who is logged in, and where the page was asked for.
pub struct Desk {
    /// Who.
    pub visitor: Visitor,
    pub(crate) seat: Seat,
    token: String,
}

/// Where a page was asked for, kept beyond the request.
pub(crate) struct Seat {
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    peer: Option<Peer>,
}

impl Seat {
    pub fn of(parts: &Parts) -> Self {
        let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().map(str::to_owned));
        Seat { path, query, headers: parts.headers.clone(), peer: parts.extensions.get().cloned() }
    }

    /// In which language, by the switch, else by the browser.
    pub fn place(&self) -> Place<'_> {
        let accepted = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Place::of(self.query.as_deref(), accepted)
    }

    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What the browser brings when somebody would prove who it is.
    pub fn attempt(&self) -> Attempt<'_> {
        let agent = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let source = self.peer.as_ref().map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.address);
        Attempt { source, agent, known: Cookie::Known.of(&self.headers) }
    }

    /// A page of ours sent this form.
    fn is_ours(&self, cx: &Cx) -> bool {
        self.peer.as_ref().is_some_and(|peer| origin::is_ours(&self.headers, peer, cx))
    }

    /// Who is logged in here. Two identities in one request are none.
    pub async fn visitor(&self, cx: &Cx) -> Result<Visitor, Error> {
        let none = || Error::new(Kind::NoCredential, "login", "you are not logged in, or not any more; log in");
        let secret = Cookie::Login.of(&self.headers).ok_or_else(none)?;
        let two = self.peer.as_ref().is_some_and(|peer| peer.certificate.is_some());
        if two || self.headers.contains_key(header::AUTHORIZATION) {
            let text = "two identities in one request; show either a log-in or a client certificate";
            return Err(Error::invalid("two_identities", text));
        }
        login::authenticate(secret, cx).await
    }

    /// The log-in name of who is logged in here, and the token of its forms: for pages that need nobody to be.
    pub async fn member(&self, cx: &Cx) -> Option<(String, String)> {
        let visitor = self.visitor(cx).await.ok()?;
        Some((visitor.account.name, form_token(&visitor.login.hash, cx)))
    }

    /// A page for an error. Who is not logged in is led to where one logs in, and back.
    pub fn refuse(&self, error: Error) -> Response {
        if error.code == "login" {
            let whole = self.query.as_ref().map_or(self.path.clone(), |query| format!("{}?{query}", self.path));
            let back: String = form_urlencoded(&whole);
            return Redirect::to(&format!("/login?next={back}")).into_response();
        }
        let status = status::of(&error);
        let page = page::error::render(&self.place(), status.as_u16(), request_id(&self.headers));
        status::failed(status::html_here(status, page), error)
    }
}

pub(crate) fn form_urlencoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => out.push(byte.into()),
            other => out.push_str(&format!("%{other:02X}")),
        }
        out
    })
}

/// The label of the code that a form carries.
const FORM: &str = "tegata-form/v1";

/// The token of the forms of a login, or of a browser before it.
pub(crate) fn form_token(of: &[u8], cx: &Cx) -> String {
    BASE64URL_NOPAD.encode(&cx.seal.mac(FORM, of))
}

impl Desk {
    /// The desk of who is logged in with this request.
    async fn of(seat: Seat, cx: &Cx) -> Result<Desk, Response> {
        match seat.visitor(cx).await {
            Ok(visitor) if visitor.is_barred() && !is_open_to_barred(&seat.path) => {
                Err(Redirect::to("/console/account/factor").into_response())
            }
            Ok(visitor) => Ok(Desk { token: form_token(&visitor.login.hash, cx), visitor, seat }),
            Err(error) => Err(seat.refuse(error)),
        }
    }

    /// Where the page was asked for, in the language that its reader chose.
    pub fn place(&self) -> Place<'_> {
        let own = self.visitor.account.language.map(|language| match language {
            notice::Language::En => Language::En,
            notice::Language::Ja => Language::Ja,
        });
        self.seat.place().unless_chosen(own)
    }

    /// The query of the address.
    pub fn query(&self) -> Option<&str> {
        self.seat.query()
    }

    /// What the browser brings when its person proves once more who it is.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        self.seat.attempt()
    }

    /// What each form of a page carries.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A page of the console.
    pub(crate) fn page(&self, area: Area, title: &str, content: &impl Template) -> Response {
        status::html_here(StatusCode::OK, console::page(self, (area, title), content))
    }

    /// The same of a page that was made without the desk.
    pub(crate) fn show(&self, content: &console::Content) -> Response {
        self.page(content.area, &content.title, &content.main())
    }

    /// Whether who is here may do this in the organisation that it acts for: for what a page offers. The use case judges.
    pub(crate) fn may(&self, operation: Operation) -> bool {
        self.visitor.actor().permit(operation, Subject::of(self.visitor.organisation.row)).is_ok()
    }

    /// The token of a form, for who may send it.
    pub(crate) fn form(&self, operation: Operation) -> Option<&str> {
        self.may(operation).then_some(&*self.token)
    }

    /// Where a list begins, and the page of its next rows where `rows` fill this one.
    pub(crate) fn turn(&self, rows: &[i64], size: u32, cx: &Cx) -> Result<Option<String>, Error> {
        let last = rows.last().filter(|_| rows.len() >= size as usize);
        Ok(last.map(|row| cursor::encode(*row, cx)).transpose()?.map(|cursor| self.next(&cursor)))
    }

    /// The form once more, with what was filled in and why that was refused.
    pub(crate) fn again(&self, mut page: Response, error: Error) -> Response {
        *page.status_mut() = status::of(&error);
        status::failed(page, error)
    }

    /// A page of the console that says why something was not done.
    pub(crate) fn refuse(&self, error: Error) -> Response {
        // told at once to log in, and then again: not to who is here
        if error.code == "confirm" {
            return Redirect::to("/login?again").into_response();
        }
        let status = status::of(&error);
        let page = console::refused(self, &error, request_id(&self.seat.headers));
        status::failed(status::html_here(status, page), error)
    }

    /// The reference of the next page of the list that was asked for: its query with another cursor.
    pub(crate) fn next(&self, cursor: &str) -> String {
        let query = self.seat.query().unwrap_or_default();
        let kept = query.split('&').filter(|one| !one.is_empty() && !one.starts_with("after="));
        let kept: String = kept.map(|one| format!("{one}&")).collect();
        format!("?{kept}after={cursor}")
    }

    /// The page of ours that led here, if the browser tells.
    pub(crate) fn came_from(&self) -> Option<String> {
        let from: http::Uri = self.seat.headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
        from.path_and_query().map(|path| path.as_str().to_owned()).filter(|path| path.starts_with("/console"))
    }

    /// After a form that was done: to the page that shows what came of it, in the chosen language.
    pub(crate) fn to(&self, path: &str) -> Response {
        Redirect::to(&self.seat.place().link(path)).into_response()
    }

    /// The same, with a query of its own.
    pub(crate) fn to_query(&self, path: &str, query: &str) -> Response {
        let place = self.seat.place();
        let lang = place.chosen().map(|language| format!("&lang={}", language.tag())).unwrap_or_default();
        Redirect::to(&format!("{path}?{query}{lang}")).into_response()
    }

    /// What came of it: there, or why not.
    pub(crate) fn done(&self, outcome: tegata_usecase::Result<()>, path: &str) -> Response {
        match outcome {
            Ok(()) => self.to(path),
            Err(error) => self.refuse(error),
        }
    }
}

/// Where a page of a list begins.
#[derive(serde::Deserialize)]
pub struct From {
    pub(crate) after: Option<String>,
}

/// A form without fields.
#[derive(serde::Deserialize)]
pub struct Nothing {}

/// What a login reaches that lacks the second factor which its organisation demands.
fn is_open_to_barred(path: &str) -> bool {
    path == "/logout" || path.starts_with("/console/account/factor")
}

impl FromRequestParts<Cx> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Response> {
        Desk::of(Seat::of(parts), cx).await
    }
}

/// A form of a page of ours, by who is logged in. The only way to a body in the console.
pub struct Posted<T> {
    /// Who sent it.
    pub desk: Desk,
    /// What was filled in.
    pub form: T,
}

fn foreign() -> Error {
    let text = "this form did not come from a page of this log-in; load the page again, and send it once more";
    Error::denied("form", text)
}

/// What every form carries beside its own fields.
#[derive(serde::Deserialize)]
struct Token {
    token: String,
}

/// The fields, where the token is the one of this browser.
fn fields<T: DeserializeOwned>(body: &[u8], token: &str) -> Result<T, Error> {
    let sent: Token = serde_urlencoded::from_bytes(body).map_err(|_| foreign())?;
    if !tegata_usecase::login::same(&sent.token, token) {
        return Err(foreign());
    }
    serde_urlencoded::from_bytes(body).map_err(|e| Error::invalid("form", format!("the form cannot be read: {e}")))
}

/// The largest form.
const FORM_MAX: usize = 64 * 1024;

async fn body(request: Request, cx: &Cx) -> Result<Bytes, Error> {
    let large = || Error::invalid("too_large", "the form is too large");
    let bytes = Bytes::from_request(request, cx).await.map_err(|_| large())?;
    if bytes.len() > FORM_MAX { Err(large()) } else { Ok(bytes) }
}

impl<T: DeserializeOwned + Send> FromRequest<Cx> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, cx: &Cx) -> Result<Self, Response> {
        let (parts, rest) = request.into_parts();
        let desk = Desk::of(Seat::of(&parts), cx).await?;
        if !desk.seat.is_ours(cx) {
            return Err(desk.refuse(foreign()));
        }
        let form = body(Request::from_parts(parts, rest), cx).await.and_then(|body| fields(&body, &desk.token));
        match form {
            Ok(form) => Ok(Posted { desk, form }),
            Err(error) => Err(desk.refuse(error)),
        }
    }
}

/// A page for who need not be logged in, with the token of its form.
pub struct Visit {
    pub(crate) seat: Seat,
    /// What the token rests on; the page sets it where the browser has none.
    base: String,
}

impl Visit {
    fn of(seat: Seat, cx: &Cx) -> Self {
        let kept = Cookie::Form.of(&seat.headers).filter(|base| base.len() == 43).map(str::to_owned);
        let fresh = || BASE64URL_NOPAD.encode(&tegata_domain::chance::bytes::<32>(&*cx.chance));
        Visit { base: kept.unwrap_or_else(fresh), seat }
    }

    /// What its form carries.
    pub(crate) fn token(&self, cx: &Cx) -> String {
        form_token(self.base.as_bytes(), cx)
    }

    /// A page with a form on it.
    pub(crate) fn page(&self, status: StatusCode, page: String) -> Response {
        let mut response = status::html_here(status, page);
        response.headers_mut().append(header::SET_COOKIE, Cookie::Form.set(&self.base, None));
        response
    }
}

impl FromRequestParts<Cx> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Response> {
        Ok(Visit::of(Seat::of(parts), cx))
    }
}

/// A form of a page of ours, by who need not be logged in.
pub struct Entered<T> {
    /// Where it was sent.
    pub visit: Visit,
    /// What was filled in.
    pub form: T,
}

impl<T: DeserializeOwned + Send> FromRequest<Cx> for Entered<T> {
    type Rejection = Response;

    async fn from_request(request: Request, cx: &Cx) -> Result<Self, Response> {
        let (parts, rest) = request.into_parts();
        let visit = Visit::of(Seat::of(&parts), cx);
        if !visit.seat.is_ours(cx) {
            return Err(visit.seat.refuse(foreign()));
        }
        let token = visit.token(cx);
        match body(Request::from_parts(parts, rest), cx).await.and_then(|body| fields(&body, &token)) {
            Ok(form) => Ok(Entered { visit, form }),
            Err(error) => Err(visit.seat.refuse(error)),
        }
    }
}
