//! `GET /api/v1/releases/{id}`.

use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::Value;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, release};

/// One of them.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    let id = Uuid::parse_str(&id).map_err(|_| Error::not_found("release"))?;
    Ok(axum::Json(super::view(&release::by_uid(id, &actor, &cx).await?)))
}
