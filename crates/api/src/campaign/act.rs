//! `POST /api/v1/campaigns/{id}/{act}`: `pause`, `resume`, `cancel` with an optional `reason`.

use super::id;
use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use tegata_usecase::campaign::{self, Act};
use tegata_usecase::{Cx, Error};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    reason: Option<String>,
}

/// Does an act; answers how far the campaign is.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path((text, act)): Path<(String, String)>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let act = match act.as_str() {
        "pause" => Act::Pause,
        "resume" => Act::Resume,
        "cancel" => Act::Cancel(asked.reason),
        _ => return Err(Error::not_found("act").into()),
    };
    Ok(axum::Json(super::view(&campaign::act(id(&text)?, act, &actor, &cx).await?)))
}
