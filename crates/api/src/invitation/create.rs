//! `POST /api/v1/invitations` `{"role","note"}` → 201 with the link, shown this once.

use crate::body::Json;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tegata_domain::permit::Role;
use tegata_usecase::Cx;
use tegata_usecase::invitation::{NewInvitation, create};

/// The request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    role: Role,
    note: String,
}

/// Invites somebody.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let new = NewInvitation { role: asked.role, note: asked.note };
    let (invitation, secret) = create(new, &actor, &cx).await?;
    let mut view = super::view(&invitation);
    view["link"] = format!("{}/invitation/{secret}", cx.names.public_url).into();
    Ok((StatusCode::CREATED, axum::Json(view)))
}
