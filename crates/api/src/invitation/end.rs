//! `DELETE /api/v1/invitations/{id}`: takes an invitation back.

use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use http::StatusCode;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, invitation};

/// Takes it back.
pub async fn delete(State(cx): State<Cx>, Caller(actor): Caller, Path(id): Path<String>) -> Result<StatusCode, Status> {
    let id = Uuid::parse_str(&id).map_err(|_| Error::not_found("invitation"))?;
    invitation::end(id, &actor, &cx).await?;
    Ok(StatusCode::NO_CONTENT)
}
