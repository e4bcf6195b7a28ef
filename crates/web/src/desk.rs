//! The desk of who is logged in: the extractor behind each page of the console, and how such a page goes out.
//!
//! Invariant: no handler of the console is reached without a login, and no form of it without the token that only a page
//! of this login carries.

use crate::cookie::Cookie;
use crate::language::Language;
use crate::origin;
use crate::page::console::{self, Area};
use crate::page::{self, Place};
use crate::refusal;
use crate::status::{self, request_id};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use tegata_domain::notice;
use tegata_domain::permit::{Operation, Subject};
use tegata_usecase::login::{self, Attempt, Opened, Visitor};
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
    /// It asks for a page, and sends nothing.
    reads: bool,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    peer: Option<Peer>,
    route: Option<MatchedPath>,
}

impl Seat {
    pub fn of(parts: &Parts) -> Self {
        let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().map(str::to_owned));
        let reads = parts.method == http::Method::GET;
        let (peer, route) = (parts.extensions.get().cloned(), parts.extensions.get().cloned());
        Seat { reads, path, query, headers: parts.headers.clone(), peer, route }
    }

    /// In which language, by the switch, else by the browser.
    pub fn place(&self) -> Place<'_> {
        let accepted = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Place::of(self.query.as_deref(), accepted)
    }

    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What the browser keeps for us.
    pub fn cookie(&self, cookie: Cookie) -> Option<&str> {
        cookie.of(&self.headers)
    }

    /// Path and query.
    fn whole(&self) -> String {
        self.query.as_ref().map_or(self.path.clone(), |query| format!("{}?{query}", self.path))
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
        let none = || refusal::of(Kind::NoCredential, "login");
        let secret = Cookie::Login.of(&self.headers).ok_or_else(none)?;
        let two = self.peer.as_ref().is_some_and(|peer| peer.certificate.is_some());
        if two || self.headers.contains_key(header::AUTHORIZATION) {
            return Err(refusal::invalid("two_identities"));
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
            let back: String = form_urlencoded(&self.whole());
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
    pub(crate) async fn of(seat: Seat, cx: &Cx) -> Result<Desk, Response> {
        match seat.visitor(cx).await {
            Ok(visitor) if visitor.is_barred() && !is_open_to_barred(&seat.path) => {
                Err(Redirect::to("/console/account/factor").into_response())
            }
            Ok(visitor) => Ok(Desk { token: form_token(&visitor.login.hash, cx), visitor, seat }),
            Err(error) => Err(seat.refuse(error)),
        }
    }

    /// The same desk for the login that took the place of this one.
    pub(crate) fn raised(self, opened: &Opened, cx: &Cx) -> Desk {
        let visitor = opened.visitor.clone();
        Desk { token: form_token(&visitor.login.hash, cx), visitor, seat: self.seat }
    }

    /// Where the page was asked for, in the language that its reader chose.
    pub fn place(&self) -> Place<'_> {
        let own = self.visitor.account.language.map(|language| match language {
            notice::Language::En => Language::En,
            notice::Language::Ja => Language::Ja,
        });
        self.seat.place().unless_chosen(own)
    }

    /// The route that was asked for.
    pub(crate) fn route(&self) -> &str {
        self.seat.route.as_ref().map_or("", MatchedPath::as_str)
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
    pub(crate) fn again(&self, page: Result<Response, Error>, error: Error) -> Response {
        match page {
            Ok(mut page) => {
                *page.status_mut() = status::of(&error);
                status::failed(page, error)
            }
            Err(other) => self.refuse(other),
        }
    }

    /// A page of the console that says why something was not done.
    pub(crate) fn refuse(&self, error: Error) -> Response {
        // who is here confirms it, and comes back: to the page that was asked for, or that sent the form
        if error.code == "confirm" {
            let from = if self.seat.reads { Some(self.seat.whole()) } else { self.came_from() };
            let next = form_urlencoded(from.as_deref().unwrap_or("/console"));
            return self.to_query("/login", &format!("again=1&next={next}"));
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
    path == "/logout" || path.starts_with("/console/account/factor") || path.starts_with("/console/account/passkeys")
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
    refusal::of(Kind::Denied, "form")
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
    serde_urlencoded::from_bytes(body).map_err(|e| Error { source: Some(Box::new(e)), ..refusal::invalid("form") })
}

/// The largest form.
const FORM_MAX: usize = 64 * 1024;

async fn body(request: Request, cx: &Cx) -> Result<Bytes, Error> {
    let large = || refusal::invalid("too_large");
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

/// Who reads a page that is for everybody: with a login, the head of the console stays above it.
pub struct Reader {
    seat: Seat,
    /// Of who is logged in.
    desk: Option<Desk>,
}

impl Reader {
    /// Where the page was asked for.
    pub(crate) fn place(&self) -> Place<'_> {
        self.desk.as_ref().map_or_else(|| self.seat.place(), Desk::place)
    }

    /// The page.
    pub(crate) fn show(&self, content: &console::Content) -> Response {
        if let Some(desk) = &self.desk {
            return desk.show(content);
        }
        let mut page = status::html(StatusCode::OK, content.alone(&self.seat.place()));
        page.headers_mut().append(header::VARY, http::HeaderValue::from_static("Cookie"));
        page
    }

    /// A page, or a problem, that says why there is none.
    pub(crate) fn refuse(&self, error: Error) -> Response {
        match &self.desk {
            Some(desk) => desk.refuse(error),
            None => status::refuse(error, &self.seat.place(), &self.seat.headers),
        }
    }
}

impl FromRequestParts<Cx> for Reader {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Self::Rejection> {
        let seat = || Seat::of(parts);
        let desk = match Cookie::Login.of(&parts.headers) {
            Some(_) => Desk::of(seat(), cx).await.ok(),
            None => None,
        };
        Ok(Reader { seat: seat(), desk })
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
