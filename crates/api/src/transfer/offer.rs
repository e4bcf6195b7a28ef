//! `POST /api/v1/devices/{number}/transfer` with `{"to","reason","expires_at"}`, all optional → the one-time code.

use crate::body::Json;
use crate::caller::Caller;
use crate::device::number;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::id::Uuid;
use tegata_domain::time::Timestamp;
use tegata_usecase::transfer::{self, Offering};
use tegata_usecase::{Cx, Error};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    to: Option<String>,
    reason: Option<String>,
    expires_at: Option<String>,
}

/// Offers a device; the code is shown this once.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let to = asked.to.map(|to| Uuid::parse_str(&to).map_err(|_| Error::invalid("to", "to is an organisation's id")));
    let wrong = || Error::invalid("expiry", "expires_at is RFC 3339, as 2027-01-18T00:00:00Z");
    let expires_at = asked.expires_at.map(|t| Timestamp::parse(&t).ok_or_else(wrong)).transpose()?;
    let offering = Offering { to: to.transpose()?, reason: asked.reason, expires_at };
    let number = number(&text)?;
    let offered = transfer::offer(number, offering, &actor, &cx).await?;
    Ok(axum::Json(json!({
        "number": number.to_string(), "code": offered.code, "expires_at": offered.expires_at.rfc3339(),
    })))
}
