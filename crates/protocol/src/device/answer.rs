//! `POST /agent/v1/answer` `{"statement","signature"}`: the device was asked to sign now, and did: see
//! `tegata_wire::challenge`.

use crate::status::{Status, wrong};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use tegata_usecase::challenge::{self, Answer};
use tegata_usecase::pace::paced;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::{Cx, Error};

/// The longest body: a statement and the base64 of an ML-DSA-87 signature.
const BODY_MAX: usize = 12 * 1024;

/// Takes the answer; says when it came.
pub async fn post(State(cx): State<Cx>, Extension(peer): Extension<Peer>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = async {
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or(""));
        let credential = peer::device(&peer, authorization, &cx).await?;
        paced(credential.device.row, &cx)?;
        if body.len() > BODY_MAX {
            let text = "a statement with its signature has at most 12 kB";
            return Ok(wrong(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text));
        }
        let at = challenge::answer(told(&body)?, credential, peer.address, &cx).await?;
        Ok(axum::Json(json!({ "answered_at": at.rfc3339() })).into_response())
    };
    answer.await.unwrap_or_else(|error: Error| Status(error).into_response())
}

fn told(body: &[u8]) -> Result<Answer, Error> {
    let form = || Error::invalid("json", r#"send {"statement": TEXT, "signature": BASE64} as JSON"#);
    let value: Value = serde_json::from_slice(body).map_err(|_| form())?;
    let text = |name: &str| value[name].as_str().ok_or_else(form);
    let signature = STANDARD.decode(text("signature")?).map_err(|_| form())?;
    Ok(Answer { statement: text("statement")?.to_owned(), signature })
}
