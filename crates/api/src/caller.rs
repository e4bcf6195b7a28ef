//! Who calls: taken from every request before anything else is read.

use crate::status::Status;
use axum::extract::{FromRequestParts, Request};
use http::header;
use http::request::Parts;
use std::sync::Arc;
use tegata_domain::permit::Actor;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::share::Slot;
use tegata_usecase::{Cx, Error};

/// What was shown with a request, to be judged again after a body that took its time: a token that was ended meanwhile
/// does nothing any more.
#[derive(Clone)]
pub struct Shown {
    peer: Option<Peer>,
    authorization: Option<String>,
}

impl Shown {
    /// With a request.
    pub fn of(request: &Request) -> Self {
        let authorization = request.headers().get(header::AUTHORIZATION);
        let authorization = authorization.map(|value| value.to_str().unwrap_or("").to_owned());
        Shown { peer: request.extensions().get::<Peer>().cloned(), authorization }
    }

    /// Who asks now; a refusal once the token has ended.
    pub async fn again(&self, cx: &Cx) -> Result<Actor, Error> {
        let peer = self.peer.as_ref().ok_or_else(|| Error::internal("no peer"))?;
        peer::member(peer, self.authorization.as_deref(), cx).await
    }
}

/// The actor behind the token of this request.
pub struct Caller(pub Actor);

impl FromRequestParts<Cx> for Caller {
    type Rejection = Status;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Status> {
        let peer = parts.extensions.get::<Peer>().ok_or_else(|| Error::internal("no peer"))?;
        let authorization = parts.headers.get(header::AUTHORIZATION).map(|v| v.to_str().unwrap_or(""));
        let actor = peer::member(peer, authorization, cx).await?;
        // the door made the slot; it goes with the answer
        if let (Some(slot), Actor::Member(member)) = (parts.extensions.get::<Arc<Slot>>(), &actor) {
            slot.fill(member.organisation)?;
        }
        Ok(Caller(actor))
    }
}
