//! From an error to a page or a problem, once for all pages.

use crate::page::{self, Place};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tegata_usecase::{Error, Kind};
use tegata_wire::problem::{MEDIA_TYPE, Problem};

/// The status of an error.
pub(crate) fn code(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::NoCredential => StatusCode::UNAUTHORIZED,
        Kind::Denied => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::NotYet => StatusCode::ACCEPTED,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A problem, for programs.
pub(crate) fn problem(status: StatusCode, code: &'static str, detail: &str) -> Response {
    let body = Problem::new(status.as_u16(), code, detail).object().to_string();
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response()
}

/// An error as a problem (`json`) or as the plain error page.
pub(crate) fn refuse(error: Error, place: &Place<'_>, json: bool) -> Response {
    let status = code(error.kind);
    let mut response = match json {
        true => problem(status, error.code, &error.public),
        false => html(status, page::error::render(place, status.as_u16(), "")),
    };
    if matches!(error.kind, Kind::NotYet | Kind::Throttled | Kind::Unavailable) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(std::sync::Arc::new(error));
    response
}

/// Nothing is loaded from elsewhere, nothing runs, nothing is framed (style: strict CSP).
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

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
