//! Health, readiness, and the way from plain HTTP to HTTPS.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use http::{StatusCode, Uri};
use serde_json::json;
use tegata_usecase::{Cx, platform};

/// Marks a request that may see how the platform runs.
#[derive(Debug, Clone, Copy)]
pub struct Insider;

/// `/healthz`: the process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `/readyz`: it can serve; else what to do.
pub async fn readyz(State(cx): State<Cx>, insider: Option<Extension<Insider>>) -> Response {
    let ready = platform::ready(&cx).await;
    let status = if ready.problems.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if insider.is_none() {
        return (status, Json(json!({ "ready": ready.problems.is_empty() }))).into_response();
    }
    let body = json!({ "ready": ready.problems.is_empty(), "problems": ready.problems, "warnings": ready.warnings });
    (status, Json(body)).into_response()
}

/// Pages are shown over HTTPS only once the platform listens beyond loopback.
pub async fn redirect(State(cx): State<Cx>, uri: Uri) -> Redirect {
    let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
    Redirect::permanent(&format!("{}{rest}", cx.names.public_url))
}
