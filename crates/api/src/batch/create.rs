//! `POST /api/v1/batches` `{"product","quantity"}` → 201: a permit for that many devices.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tegata_domain::batch::{Confirmation, NewBatch};
use tegata_domain::id::Uuid;
use tegata_domain::time::Timestamp;
use tegata_usecase::{Cx, Error, batch};

/// The request; what is absent has a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    product: String,
    quantity: u32,
    confirmation: Option<Confirmation>,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

fn moment(text: Option<&str>) -> Result<Option<Timestamp>, Error> {
    let parse =
        |t| Timestamp::parse(t).ok_or_else(|| Error::invalid("time", "times are RFC 3339, as 2027-01-18T00:00:00Z"));
    text.map(parse).transpose()
}

/// Opens a batch.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let key = crate::body::idempotency_key(&headers)?;
    let product = Uuid::parse_str(&asked.product).map_err(|_| Error::not_found("product"))?;
    let new = NewBatch {
        quantity: asked.quantity,
        confirmation: asked.confirmation.unwrap_or(Confirmation::Implied),
        valid_from: moment(asked.valid_from.as_deref())?,
        valid_until: moment(asked.valid_until.as_deref())?,
    };
    let batch = batch::open(product, new, key, &actor, &cx).await?;
    let mut view = super::view(&batch);
    view["product"] = asked.product.into();
    Ok((StatusCode::CREATED, axum::Json(view)))
}
