//! DDI requests: content type first, then length; what the path and the query say.

use super::{BODY_MAX, Refusal};
use axum::extract::Request;
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use tegata_usecase::Error;

/// The action that a path names.
#[derive(Deserialize)]
pub struct Action {
    action: String,
}

impl Action {
    /// Its row, in decimal. Another text names no action: 404.
    pub fn row(&self) -> Result<i64, Refusal> {
        decimal(&self.action).ok_or_else(|| Error::not_found("action").into())
    }
}

/// A decimal without sign and leading zero.
pub fn decimal(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

/// How many of its own messages a device asks for; `c` is a change marker of links and says nothing.
#[derive(Deserialize)]
pub struct History {
    #[serde(rename = "actionHistory", default)]
    count: Option<i32>,
}

/// hawkBit's limit of messages.
const HISTORY_MAX: u32 = 100;

impl History {
    /// At most so many; all that there are, within bounds, for a negative number.
    pub fn limit(&self) -> Option<u32> {
        match self.count {
            None | Some(0) => None,
            Some(count) => Some(u32::try_from(count).unwrap_or(HISTORY_MAX).min(HISTORY_MAX)),
        }
    }
}

/// The body of a request: JSON, at most [`BODY_MAX`].
pub async fn body(request: Request) -> Result<Bytes, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = read(request).await?;
    check(kind.as_ref().map(|kind| kind.to_str().unwrap_or_default()))?;
    Ok(bytes)
}

/// A body that may be absent, its content type then too.
pub async fn optional_body(request: Request) -> Result<Bytes, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = read(request).await?;
    if !bytes.is_empty() {
        check(kind.as_ref().map(|kind| kind.to_str().unwrap_or_default()))?;
    }
    Ok(bytes)
}

fn check(kind: Option<&str>) -> Result<(), Refusal> {
    let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if ["application/json", "application/hal+json"].iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let text = "send the body as application/json; CBOR is not taken here";
    let words = ("UnsupportedMediaType", "rest.unsupportedMediaType");
    Err(Refusal::edge(StatusCode::UNSUPPORTED_MEDIA_TYPE, words, text))
}

async fn read(request: Request) -> Result<Bytes, Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let large = || {
        let words = ("TooLarge", "rest.body.tooLarge");
        Refusal::edge(StatusCode::PAYLOAD_TOO_LARGE, words, format!("a body has at most {BODY_MAX} bytes"))
    };
    if length.is_some_and(|length| length > BODY_MAX as u64) {
        return Err(large());
    }
    axum::body::to_bytes(request.into_body(), BODY_MAX).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        if cause.contains("length limit") {
            return large();
        }
        let words = ("NotReadable", "rest.body.notReadable");
        Refusal::edge(StatusCode::BAD_REQUEST, words, "the body ended before its length")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_paths_and_queries_say() {
        assert_eq!(decimal("12"), Some(12));
        for wrong in ["", "0", "012", "-1", "+1", "1a", "99999999999999999999"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
        let limit = |count| History { count }.limit();
        assert_eq!((limit(None), limit(Some(0)), limit(Some(3))), (None, None, Some(3)));
        assert_eq!((limit(Some(-1)), limit(Some(i32::MAX)), limit(Some(i32::MIN))), (Some(100), Some(100), Some(100)));
    }

    #[test]
    fn what_bodies_are_taken() {
        for kind in ["application/json", "application/json;charset=UTF-8", "Application/HAL+json"] {
            assert!(check(Some(kind)).is_ok(), "{kind}");
        }
        for kind in [None, Some("application/cbor"), Some("text/plain"), Some("")] {
            assert!(check(kind).is_err(), "{kind:?}");
        }
    }

    #[tokio::test]
    async fn bodies_have_a_limit() {
        let of = |length: usize| {
            let request = http::Request::builder().header("content-type", "application/json");
            body(request.body(axum::body::Body::from(vec![b' '; length])).expect("a request"))
        };
        assert_eq!(of(BODY_MAX).await.map(|b| b.len()).ok(), Some(BODY_MAX));
        let refused = of(BODY_MAX + 1).await.err();
        assert!(matches!(refused, Some(Refusal::Edge(StatusCode::PAYLOAD_TOO_LARGE, ..))), "{refused:?}");
    }
}
