//! EST replies: one unbroken base64 line with Content-Length, as strongSwan and libest take it.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, header};
use tegata_wire::{cms, est};

const TRANSFER_ENCODING: HeaderName = HeaderName::from_static("content-transfer-encoding");

fn base64(kind: &'static str, der: &[u8]) -> Response {
    ([(header::CONTENT_TYPE, kind), (TRANSFER_ENCODING, "base64")], est::encode(der)).into_response()
}

/// Certificates in a certs-only CMS.
pub fn certs_only(certificates: &[Vec<u8>]) -> Response {
    let views: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
    base64("application/pkcs7-mime; smime-type=certs-only", &cms::certs_only(&views))
}

/// The CSR attributes.
pub fn csr_attributes() -> Response {
    base64("application/csrattrs", &est::csr_attributes())
}
