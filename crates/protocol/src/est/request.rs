//! EST requests: content type, base64, credentials in headers.

use crate::status::wrong;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};

/// The Authorization header, as text.
pub fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or(""))
}

/// The PKCS#10 in a request, DER.
pub fn csr(headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Box<Response>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/pkcs10");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/pkcs10") {
        let text = "send the request as application/pkcs10 (RFC 7030 §4.2.1)";
        return Err(Box::new(wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", text)));
    }
    tegata_wire::est::decode(body).ok_or_else(|| {
        let text = "the body is no base64; send the base64 of a PKCS#10 request in DER";
        Box::new(wrong(StatusCode::BAD_REQUEST, "base64", text))
    })
}
