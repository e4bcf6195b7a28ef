//! `POST /api/v1/claims` `{"code"}`: the device is the caller's organisation's from now on.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_usecase::{Cx, transfer};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    code: String,
}

/// Takes a device over.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let claimed = transfer::claim(&asked.code, &actor, &cx).await?;
    let device = &claimed.device;
    Ok(axum::Json(json!({
        "number": claimed.number.to_string(), "device": device.uid, "stage": device.stage,
        "condition": device.condition, "period": device.period, "sequence": device.sequence,
        "reason": claimed.reason,
    })))
}
