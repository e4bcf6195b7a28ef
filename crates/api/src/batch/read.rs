//! `GET /api/v1/batches/{id}`: the batch, its product, what stands on the labels of its devices, and who works on it.

use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use tegata_domain::id::Uuid;
use tegata_usecase::batch::{self, Station};
use tegata_usecase::{Cx, Error};

fn station(one: &Station) -> Value {
    let last_at = one.last_at.rfc3339();
    json!({ "name": one.name, "made": one.made, "refused": one.refused, "last_at": last_at })
}

/// One of them.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Status> {
    let id = Uuid::parse_str(&id).map_err(|_| Error::not_found("batch"))?;
    let seen = batch::by_uid(id, &actor, &cx).await?;
    let (mut view, product) = (super::view(&seen.batch), &seen.product);
    view["product"] = product.uid.to_string().into();
    view["label"] = json!({
        "maker": &*seen.maker, "model": product.model, "gtin": product.gtin, "credential": product.credential,
        "public_url": seen.public_url,
    });
    view["stations"] = seen.stations.iter().map(station).collect();
    Ok(axum::Json(view))
}
