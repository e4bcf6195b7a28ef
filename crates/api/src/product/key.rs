//! `/api/v1/products/{id}/keys`: the public keys that sign a product's releases.

use crate::body::Json;
use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::{Path, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::id::Uuid;
use tegata_domain::release::ReleaseKey;
use tegata_usecase::{Cx, Error, release};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    public_key: String,
}

fn view(key: &ReleaseKey) -> Value {
    json!({
        "id": key.uid, "public_key": STANDARD.encode(&key.spki), "created_at": key.created_at.rfc3339(),
        "ended_at": key.ended_at.map(|at| at.rfc3339()),
    })
}

fn id(text: &str, what: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(text).map_err(|_| Error::not_found(what))
}

/// Registers a key.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(product): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let key = release::register(id(&product, "product")?, &asked.public_key, &actor, &cx).await?;
    Ok((StatusCode::CREATED, axum::Json(view(&key))))
}

/// Lists keys, ended ones too.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(product): Path<String>,
    page: Page,
) -> Result<Response, Status> {
    let all = release::keys(id(&product, "product")?, (page.after, page.limit), &actor, &cx).await?;
    page.reply(all.iter().map(|key| (key.row.0, view(key))).collect(), &cx)
}

/// Ends a key.
pub async fn delete(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path((product, key)): Path<(String, String)>,
) -> Result<StatusCode, Status> {
    release::end(id(&product, "product")?, id(&key, "release key")?, &actor, &cx).await?;
    Ok(StatusCode::NO_CONTENT)
}
