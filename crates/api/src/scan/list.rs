//! `GET /api/v1/devices/{number}/scans`: on which days and from where the number was looked up, for its present owner.

use crate::caller::Caller;
use crate::device::number;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::Value;
use tegata_usecase::{Cx, scan};

/// The counts.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    Ok(axum::Json(super::view(&scan::of(number(&text)?, &actor, &cx).await?)))
}
