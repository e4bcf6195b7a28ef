//! Status over plain HTTP: CRLs (RFC 5280 §4.2.1.13) and CA certificates (§4.2.2.1), signed by themselves.

use crate::status::Status;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, authority, revocation};

/// `/crl/{ca}/{shard}.crl`.
pub async fn crl(State(cx): State<Cx>, Path((ca, file)): Path<(String, String)>) -> Result<Response, Status> {
    let shard = file.strip_suffix(".crl").and_then(|s| s.parse().ok()).ok_or_else(|| Error::not_found("CRL"))?;
    let ca = Uuid::parse_str(&ca).map_err(|_| Error::not_found("CRL"))?;
    let crl = revocation::crl(ca, shard, &cx).await?;
    let headers = [(header::CONTENT_TYPE, "application/pkix-crl"), (header::CACHE_CONTROL, "max-age=60")];
    Ok((headers, crl.der).into_response())
}

/// `/ca/{ca}.crt`.
pub async fn certificate(State(cx): State<Cx>, Path(file): Path<String>) -> Result<Response, Status> {
    let not_found = || Error::not_found("authority");
    let ca = file.strip_suffix(".crt").and_then(|s| Uuid::parse_str(s).ok()).ok_or_else(not_found)?;
    let der = authority::certificate(ca, &cx).await?;
    let headers = [(header::CONTENT_TYPE, "application/pkix-cert"), (header::CACHE_CONTROL, "max-age=86400")];
    Ok((headers, der).into_response())
}
