//! `POST /api/v1/findings/{id}/close` with `{"reason"}`: somebody looked at it.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, finding};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    reason: String,
}

/// Closes a finding; answers it.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let id = Uuid::parse_str(&id).map_err(|_| Error::not_found("finding"))?;
    Ok(axum::Json(super::view(&finding::close(id, &asked.reason, &actor, &cx).await?)))
}
