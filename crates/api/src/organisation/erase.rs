//! `POST /api/v1/organisations/{id}/erase` `{"confirm": NAME}`: what the organisation left behind is erased for good.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, erasure};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(default)]
    confirm: String,
}

/// Erases an organisation.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let uid = Uuid::parse_str(&id).map_err(|_| Error::not_found("organisation"))?;
    let erased = erasure::erase(uid, &asked.confirm, &actor, &cx).await?;
    Ok(axum::Json(json!({
        "id": uid, "erased_at": erased.at.rfc3339(), "periods": erased.periods, "compacted": erased.compacted,
    })))
}
