//! DDI answers: media type by Accept, entity tag, 304.

use super::Refusal;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tegata_wire::ddi::MEDIA_TYPE;
use tegata_wire::http::{accepts, etag, holds_tag};

/// A header as text; what is no text is empty.
pub fn field(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// The media type that the client takes, or 406.
pub fn media(headers: &HeaderMap) -> Result<&'static str, Refusal> {
    let accept = field(headers, header::ACCEPT).unwrap_or_default();
    let offered = [MEDIA_TYPE, "application/json"];
    offered.into_iter().find(|kind| accepts(accept, kind)).ok_or_else(|| {
        let text = "answers are application/hal+json or application/json; CBOR is not given here";
        Refusal::edge(StatusCode::NOT_ACCEPTABLE, ("NotAcceptable", "rest.notAcceptable"), text)
    })
}

/// A JSON body with its tag; 304 when the client has it already.
pub fn json(headers: &HeaderMap, media: &'static str, body: Vec<u8>) -> Response {
    let tag = etag(&body);
    let known = field(headers, header::IF_NONE_MATCH).is_some_and(|list| holds_tag(list, &tag, true));
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, media)], body).into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // what one device is told is not for a cache that others share
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Taken; there is nothing to say.
pub fn taken() -> Response {
    StatusCode::OK.into_response()
}
