//! DDI answers: media type by Accept, entity tag, 304.

use super::Refusal;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tegata_usecase::poll::Answer;
use tegata_wire::ddi::MEDIA_TYPE;
use tegata_wire::http::{accepts, etag, holds_tag};

/// Header fields of an answer, with those that the server adds.
const FIELDS: usize = 8;

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
    let body = Bytes::from(body);
    answer(headers, media, Answer { tag: etag(&body).into(), body })
}

/// The same with a tag that is known.
pub fn answer(headers: &HeaderMap, media: &'static str, answer: Answer) -> Response {
    let Answer { tag, body } = answer;
    let tag_is = |list| std::str::from_utf8(&tag).is_ok_and(|tag| holds_tag(list, tag, true));
    let known = field(headers, header::IF_NONE_MATCH).is_some_and(tag_is);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(body) });
    let mut fields = HeaderMap::with_capacity(FIELDS);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    }
    if let Ok(tag) = HeaderValue::from_maybe_shared(tag) {
        fields.insert(header::ETAG, tag);
    }
    // what one device is told is not for a cache that others share
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    *response.headers_mut() = fields;
    response
}

/// Taken; there is nothing to say.
pub fn taken() -> Response {
    StatusCode::OK.into_response()
}
