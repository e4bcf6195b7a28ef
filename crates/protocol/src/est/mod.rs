//! EST (RFC 7030, RFC 8951): cacerts, csrattrs, simpleenroll, simplereenroll. A label changes nothing here.

mod reply;
mod request;

use crate::status::Status;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use tegata_usecase::pace::paced;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::{Cx, authority, enrolment};

/// The longest request body: base64 of the longest PKCS#10, with line breaks.
pub const BODY_MAX: usize = 32 * 1024;

/// RFC 7030 §4.1: the certificates that a device has to trust. Needs no credential.
pub async fn cacerts(State(cx): State<Cx>) -> Result<Response, Status> {
    Ok(reply::certs_only(&authority::roots(&cx).await?))
}

/// RFC 7030 §4.5: what a request should contain. Needs no credential.
pub async fn csrattrs() -> Response {
    reply::csr_attributes()
}

/// RFC 7030 §4.2: first enrolment, under the IDevID.
pub async fn simpleenroll(cx: State<Cx>, peer: Extension<Peer>, headers: HeaderMap, body: Bytes) -> Response {
    enrol(cx, &peer, &headers, &body, false).await
}

/// RFC 7030 §4.2.2: renewal under an operational certificate; first enrolment under the IDevID.
pub async fn simplereenroll(cx: State<Cx>, peer: Extension<Peer>, headers: HeaderMap, body: Bytes) -> Response {
    enrol(cx, &peer, &headers, &body, true).await
}

async fn enrol(State(cx): State<Cx>, peer: &Peer, headers: &HeaderMap, body: &[u8], renewal: bool) -> Response {
    let answer = async {
        let credential = peer::device(peer, request::authorization(headers), &cx).await?;
        paced(credential.device.row, &cx)?;
        let csr = match request::csr(headers, body) {
            Ok(csr) => csr,
            Err(wrong) => return Ok(*wrong),
        };
        let enrolled = enrolment::enrol(&csr, credential, renewal, &cx).await?;
        Ok(reply::certs_only(&[enrolled.certificate, enrolled.issuer]))
    };
    answer.await.unwrap_or_else(|error: tegata_usecase::Error| Status(error).into_response())
}
