//! `POST /api/v1/devices/{number}/{act}` with `{"reason","at","to","witness"}` and, for *confirm*, `credential`; all
//! optional.

use super::confirm::Credential;
use super::number;
use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::time::Timestamp;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{self, Act};
use tegata_usecase::{Cx, Error};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    reason: Option<String>,
    at: Option<String>,
    to: Option<String>,
    witness: Option<String>,
    credential: Option<Credential>,
}

/// Does an act; answers the device after it.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path((text, act)): Path<(String, String)>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let act = Act::by_name(&act).ok_or_else(|| Error::not_found("act"))?;
    let wrong = || Error::invalid("at", "at is RFC 3339, as 2027-01-18T00:00:00Z");
    let at = asked.at.map(|t| Timestamp::parse(&t).ok_or_else(wrong)).transpose()?;
    let number = number(&text)?;
    let credential = asked.credential.as_ref().map(Credential::digest).transpose()?;
    let saying = Saying { reason: asked.reason, at, to: asked.to, witness: asked.witness, credential };
    let device = device::act(number, act, saying, &actor, &cx).await?;
    Ok(axum::Json(json!({
        "number": number.to_string(), "stage": device.stage, "condition": device.condition,
        "confirmed": device.confirmed, "sequence": device.sequence,
    })))
}
