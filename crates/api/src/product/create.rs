//! `POST /api/v1/products` `{"name","model","gtin","support_end"}` → 201.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tegata_domain::product::{CredentialPolicy, NewProduct, Sector};
use tegata_usecase::{Cx, product};

/// The request; what is absent has a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    name: String,
    model: String,
    gtin: String,
    support_end: String,
    support_reason: Option<String>,
    sector: Option<Sector>,
    contact: Option<String>,
    credential: Option<CredentialPolicy>,
}

impl From<Asked> for NewProduct {
    fn from(asked: Asked) -> Self {
        NewProduct {
            name: asked.name,
            model: asked.model,
            gtin: asked.gtin,
            sector: asked.sector.unwrap_or(Sector::Other),
            support_end: asked.support_end,
            support_reason: asked.support_reason,
            contact: asked.contact,
            credential: asked.credential.unwrap_or(CredentialPolicy::NotStated),
        }
    }
}

/// Registers a product.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let key = crate::body::idempotency_key(&headers)?;
    let product = product::register(asked.into(), key, &actor, &cx).await?;
    Ok((StatusCode::CREATED, axum::Json(super::view(&product))))
}
