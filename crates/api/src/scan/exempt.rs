//! `POST /api/v1/devices/{number}/exempt` `{"until"}`: the code is on show in a shop until then; without `until` it is not
//! any more.

use crate::body::Json;
use crate::caller::Caller;
use crate::device::number;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::time::Timestamp;
use tegata_usecase::{Cx, Error, scan};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    until: Option<String>,
}

/// Says so.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let number = number(&text)?;
    let wrong = || Error::invalid("until", "until is a time as 2027-03-31T00:00:00Z");
    let until = asked.until.map(|text| Timestamp::parse(&text).ok_or_else(wrong)).transpose()?;
    let until = scan::exempt(number, until, &actor, &cx).await?;
    Ok(axum::Json(json!({ "number": number.to_string(), "until": until.map(|at| at.rfc3339()) })))
}
