//! `/operation`: the last hour as a page, for insiders only.

use super::sample;
use crate::http::operation::Insider;
use axum::Extension;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

/// The page.
pub async fn show(RawQuery(query): RawQuery, headers: HeaderMap, insider: Option<Extension<Insider>>) -> Response {
    if insider.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    tegata_web::operation::show(query.as_deref(), &headers, &sample::hour())
}
