//! `POST /api/v1/devices/{number}/dispose`: the device is asked to erase its secrets and to sign that it did.

use super::number;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use tegata_usecase::{Cx, disposal};

/// Asks; the device hears of it with its next heartbeat.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    let number = number(&text)?;
    let at = disposal::ask(number, &actor, &cx).await?;
    Ok(axum::Json(json!({ "number": number.to_string(), "requested_at": at.rfc3339() })))
}
