//! `POST /api/v1/devices/{number}/token` → `{"token"}`: what the device sends as `Authorization: TargetToken …`.

use super::number;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use http::header;
use serde_json::{Value, json};
use tegata_usecase::{Cx, target_token};

/// Gives a device a token, shown this once.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
) -> Result<([(header::HeaderName, &'static str); 1], axum::Json<Value>), Status> {
    let token = target_token::issue(number(&text)?, &actor, &cx).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(json!({ "token": token }))))
}
