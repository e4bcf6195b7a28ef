//! Who calls: taken from every request before anything else is read.

use crate::status::Status;
use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use tegata_domain::permit::Actor;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::{Cx, Error};

/// The actor behind the token of this request.
pub struct Caller(pub Actor);

impl FromRequestParts<Cx> for Caller {
    type Rejection = Status;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Status> {
        let peer = parts.extensions.get::<Peer>().ok_or_else(|| Error::internal("no peer"))?;
        let authorization = parts.headers.get(header::AUTHORIZATION).map(|v| v.to_str().unwrap_or(""));
        Ok(Caller(peer::member(peer, authorization, cx).await?))
    }
}
