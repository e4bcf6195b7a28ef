//! `GET /api/v1/devices/{number}/events/{seq}/proof`: a tlog-proof file, or 202 until its checkpoint is published.

use super::number;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use tegata_usecase::{Cx, Error, ledger};

/// The proof of an event.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path((text, sequence)): Path<(String, String)>,
) -> Result<Response, Status> {
    let sequence = sequence.parse().map_err(|_| Error::not_found("event"))?;
    let proof = ledger::prove(number(&text)?, sequence, &actor, &cx).await?;
    let name = format!("attachment; filename=\"{}\"", proof.file_name);
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, proof.text).into_response())
}
