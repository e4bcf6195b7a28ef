//! From an error to a page or a problem, once for all pages.

use crate::page::{self, Place};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tegata_usecase::Error;
use tegata_wire::http::{etag, holds_tag};
use tegata_wire::problem::{MEDIA_TYPE, Problem};

/// A problem, for programs.
pub(crate) fn reply(problem: &Problem) -> Response {
    (status(problem), [(header::CONTENT_TYPE, MEDIA_TYPE)], problem.object().to_string()).into_response()
}

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The status of an error.
pub(crate) fn of(error: &Error) -> StatusCode {
    status(&error.problem())
}

/// Whether a program asks: JSON is named, HTML is not named before it.
pub(crate) fn json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // as most programs ask
    if accept == "application/json" {
        return true;
    }
    let at = |kind| accept.find(kind).unwrap_or(usize::MAX);
    at("json") < at("text/html")
}

/// The id under which the log has this request.
pub(crate) fn request_id(headers: &HeaderMap) -> &str {
    headers.get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// An error as a problem for programs, as the plain error page for people.
pub(crate) fn refuse(error: Error, place: &Place<'_>, headers: &HeaderMap) -> Response {
    let problem = error.problem();
    let response = match json(headers) {
        true => reply(&problem),
        false => html(status(&problem), page::error::render(place, problem.status, request_id(headers))),
    };
    failed(response, error)
}

/// Nothing is loaded from elsewhere, nothing runs, nothing is framed (style: strict CSP).
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The same for pages where somebody is logged in or logs in: one script of ours may run and ask this server.
const POLICY_HERE: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
                           connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page of the console, or one where somebody logs in. Its address is told to this server alone: a form without any
/// referrer has no origin either.
pub(crate) fn html_here(status: StatusCode, page: String) -> Response {
    let headers: [(HeaderName, &str); 8] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY_HERE),
        (header::REFERRER_POLICY, "same-origin"),
        (header::VARY, "Accept, Accept-Language, Cookie"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "publickey-credentials-get=(self), camera=(), microphone=()"),
    ];
    (status, headers, page).into_response()
}

/// What our script asked for.
pub(crate) fn answer(value: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, value.to_string()).into_response()
}

/// An answer that tells the log why.
pub(crate) fn failed(mut response: Response, error: Error) -> Response {
    if error.kind.is_passing() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(std::sync::Arc::new(error));
    response
}

/// The same with a page of one's own, which says what is to be mended.
pub(crate) fn refuse_with(error: Error, page: String) -> Response {
    let response = html(status(&error.problem()), page);
    failed(response, error)
}

/// A page that says the same to everybody who reads its language: kept for an hour, then asked for again by its tag.
pub(crate) fn html_kept(headers: &HeaderMap, page: String) -> Response {
    let tag = etag(page.as_bytes());
    let held = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = match held.is_some_and(|list| holds_tag(list, &tag, true)) {
        true => html(StatusCode::NOT_MODIFIED, String::new()),
        false => html(StatusCode::OK, page),
    };
    let kept = response.headers_mut();
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        kept.insert(header::ETAG, tag);
    }
    response
}

/// A page with the headers that every page has.
pub(crate) fn html(status: StatusCode, page: String) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::VARY, "Accept, Accept-Language"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, page).into_response()
}
