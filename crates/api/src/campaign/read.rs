//! `GET /api/v1/campaigns/{id}`: how far it is.

use super::id;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::Value;
use tegata_usecase::{Cx, campaign};

/// One of them.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    Ok(axum::Json(super::view(&campaign::by_uid(id(&text)?, &actor, &cx).await?)))
}
