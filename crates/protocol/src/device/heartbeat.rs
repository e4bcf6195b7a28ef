//! `POST /agent/v1/heartbeat` under the operational certificate: see `tegata_wire::heartbeat`.

use crate::status::{Status, wrong};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use tegata_usecase::pace::paced;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::{Cx, Error, heartbeat};
use tegata_wire::heartbeat::{MAX_REQUEST, Request};

/// Takes a heartbeat. Who asks is judged before the body is read.
pub async fn post(State(cx): State<Cx>, Extension(peer): Extension<Peer>, headers: HeaderMap, body: Body) -> Response {
    let answer = async {
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or(""));
        let credential = peer::device(&peer, authorization, &cx).await?;
        paced(credential.device.row, &cx)?;
        let Ok(body) = axum::body::to_bytes(body, MAX_REQUEST).await else {
            return Ok(wrong(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "a heartbeat has at most 8192 bytes"));
        };
        let asked = Request::parse(&body).map_err(|e| Error::invalid("heartbeat", e))?;
        let answer = heartbeat::beat(credential, &asked, &cx).await?;
        Ok(([(header::CONTENT_TYPE, "application/json")], answer.json()).into_response())
    };
    answer.await.unwrap_or_else(|error: Error| Status(error).into_response())
}
