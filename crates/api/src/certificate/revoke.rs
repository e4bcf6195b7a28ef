//! `POST /api/v1/certificates/{serial}/revoke` with `{"reason":"key_compromise"}`, optional.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::number::Serial;
use tegata_domain::revocation::Reason;
use tegata_usecase::{Cx, Error, revocation};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    reason: Option<Reason>,
}

/// Revokes a certificate.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(serial): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<axum::Json<Value>, Status> {
    let serial = Serial::parse(&serial).ok_or_else(|| Error::not_found("certificate"))?;
    let reason = asked.reason.unwrap_or(Reason::Unspecified);
    let (at, reason) = revocation::revoke(serial, reason, &actor, &cx).await?;
    Ok(axum::Json(json!({ "serial": serial.to_string(), "revoked_at": at.rfc3339(), "reason": reason })))
}
