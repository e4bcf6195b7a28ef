//! `POST /api/v1/devices/{number}/transfer/cancel`: the code opens nothing any more.

use crate::caller::Caller;
use crate::device::number;
use crate::status::Status;
use axum::extract::{Path, State};
use http::StatusCode;
use tegata_usecase::{Cx, transfer};

/// Takes an offer back.
pub async fn post(State(cx): State<Cx>, Caller(actor): Caller, Path(text): Path<String>) -> Result<StatusCode, Status> {
    transfer::cancel(number(&text)?, &actor, &cx).await?;
    Ok(StatusCode::NO_CONTENT)
}
