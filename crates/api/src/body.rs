//! Request bodies: content type first, then length, then form.

use crate::BODY_MAX;
use crate::caller::Shown;
use crate::status::Status;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use tegata_usecase::Cx;
use tegata_wire::problem::Problem;

/// A JSON object. An absent body is an empty object.
pub struct Json<T>(pub T);

/// The media type of a request, without its parameters.
pub fn essence(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

impl<T: DeserializeOwned> FromRequest<Cx> for Json<T> {
    type Rejection = Status;

    async fn from_request(request: Request, cx: &Cx) -> Result<Self, Status> {
        let kind = essence(request.headers());
        let shown = Shown::of(&request);
        let read = Limited::new(request.into_body(), BODY_MAX).collect().await;
        // a body may take its time: what the token may is judged again once it is here
        shown.again(cx).await?;
        let bytes = match read {
            Ok(body) => body.to_bytes(),
            Err(e) if e.is::<http_body_util::LengthLimitError>() => {
                return Err(refuse(413, "too_large", format!("a JSON body has at most {BODY_MAX} bytes")));
            }
            Err(_) => return Err(refuse(400, "body", "the body ended before its length".into())),
        };
        if bytes.is_empty() {
            let empty = serde_json::from_slice(b"{}");
            return empty.map(Json).map_err(|e| refuse(400, "json", format!("the body is empty: {e}")));
        }
        if !kind.as_deref().is_some_and(|k| k == "application/json" || k.ends_with("+json")) {
            return Err(refuse(415, "content_type", "send the body with Content-Type: application/json".into()));
        }
        object(&bytes).map(Json).map_err(|e| refuse(400, "json", format!("the body: {e}")))
    }
}

/// Reads a JSON object. For serde a list of its values would do as well, but not for who reads the description.
pub fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(bytes).map_err(|e| e.to_string()),
        _ => Err("it is no JSON object".into()),
    }
}

fn refuse(status: u16, code: &'static str, detail: String) -> Status {
    Status::Edge(Problem::new(status, code, detail))
}

/// The Idempotency-Key of a request: 1 to 200 visible characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Status> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=200).contains(&key.len()) => Ok(Some(key)),
        _ => Err(refuse(400, "idempotency_key", "Idempotency-Key has 1 to 200 visible characters".into())),
    }
}
