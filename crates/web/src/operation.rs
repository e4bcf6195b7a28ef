//! The page of operation: answered for the door that knows who may see it.

use crate::page::{self, Place, operation::Moment};
use crate::status::html;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};

/// The last hour as a page, in the language that was asked for. Whoever calls has made sure that the reader may see it.
pub fn show(query: Option<&str>, headers: &HeaderMap, hour: &[Moment]) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    html(StatusCode::OK, page::operation::render(&Place::of(query, accepted), hour))
}
