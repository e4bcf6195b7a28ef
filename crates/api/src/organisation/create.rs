//! `POST /api/v1/organisations` `{"name","kinds":["operator"]}` → 201 with the token of its administrator.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tegata_domain::organisation::{Kinds, OrganisationKind};
use tegata_usecase::Cx;
use tegata_usecase::organisation::{NewOrganisation, create};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    name: String,
    kinds: Vec<OrganisationKind>,
}

/// Enters an organisation; the token is shown this once.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let new = NewOrganisation { name: asked.name, kinds: Kinds::of(&asked.kinds) };
    let created = create(new, &actor, &cx).await?;
    let mut view = super::view(&created.organisation);
    view["token"] = created.token.into();
    Ok((StatusCode::CREATED, axum::Json(view)))
}
