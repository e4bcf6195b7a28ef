//! `POST /api/v1/tokens` `{"name","role","days":90}` → 201 with the secret, shown this once.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tegata_domain::permit::Role;
use tegata_usecase::Cx;
use tegata_usecase::token::{NewToken, create};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    name: String,
    role: Role,
    #[serde(default = "ninety")]
    days: u32,
}

fn ninety() -> u32 {
    90
}

/// Makes a token.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let life = Duration::from_secs(u64::from(asked.days) * 24 * 3600);
    let (token, secret) = create(NewToken { name: asked.name, role: asked.role, life }, &actor, &cx).await?;
    let mut view = super::view(&token);
    view["token"] = secret.into();
    Ok((StatusCode::CREATED, axum::Json(view)))
}
