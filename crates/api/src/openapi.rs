//! `GET /api/openapi.json`: the API described for programs (OpenAPI 3.1).

use axum::response::{IntoResponse, Response};
use http::header;

/// The document.
pub async fn get() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json")).into_response()
}
