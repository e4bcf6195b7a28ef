//! `GET /api/v1/devices/{number}`: the device with its certificates.

use super::{number, view};
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tegata_domain::certificate::Certificate;
use tegata_domain::disposal::Disposal;
use tegata_domain::number::Serial;
use tegata_usecase::{Cx, device, disposal};

pub(crate) fn certificate((serial, c): &(Serial, Certificate)) -> Value {
    json!({
        "serial": serial.to_string(), "kind": c.kind, "not_after": c.not_after.rfc3339(),
        "revoked_at": c.revoked.map(|(at, _)| at.rfc3339()), "revocation_reason": c.revoked.map(|(_, reason)| reason),
        "certificate": STANDARD.encode(&c.der),
    })
}

fn told(d: &Disposal) -> Value {
    let (statement, signature) = (d.receipt.as_ref().map(|r| &r.0), d.receipt.as_ref().map(|r| STANDARD.encode(&r.1)));
    json!({
        "requested_at": d.requested_at.map(|at| at.rfc3339()), "ended_at": d.ended_at.map(|at| at.rfc3339()),
        "erasure": d.ended_at.map(|_| d.erasure), "statement": statement, "signature": signature,
    })
}

/// One device.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    let number = number(&text)?;
    let seen = device::by_number(number, &actor, &cx).await?;
    let certificates = device::certificates(number, &actor, &cx).await?;
    let mut view = json!(view(&seen));
    view["disposal"] = disposal::of(number, &actor, &cx).await?.as_ref().map(told).into();
    view["certificates"] = certificates.iter().map(certificate).collect();
    Ok(axum::Json(view))
}
