//! `GET /api/v1/products/{id}`.

use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::Value;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, product};

/// One of them.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    let id = Uuid::parse_str(&id).map_err(|_| Error::not_found("product"))?;
    Ok(axum::Json(super::view(&product::by_uid(id, &actor, &cx).await?)))
}
