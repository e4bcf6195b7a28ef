//! `POST /api/v1/notices/{id}/receipt`: it was read.

use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::Value;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, notice};

/// Enters the receipt of a notice; a second time changes nothing.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    let uid = Uuid::parse_str(&id).map_err(|_| Error::not_found("notice"))?;
    let seen = notice::receive(uid, &actor, &cx).await?;
    Ok(axum::Json(super::view(&seen.notice, seen.number.map(|n| n.to_string()))))
}
