//! `POST /d/{number}/ask`: the button by which anybody asks a device to sign now.

use super::{again, place};
use crate::page::{Said, tier};
use crate::status::{json, refuse};
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use tegata_domain::number::Number;
use tegata_usecase::peer::Peer;
use tegata_usecase::{Cx, Kind, challenge};

/// Asks, and leads back to the page, which goes on looking.
pub async fn post(
    State(cx): State<Cx>,
    Extension(peer): Extension<Peer>,
    Path(typed): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let place = place(query.as_deref(), &headers);
    let Ok(number) = Number::parse(&typed) else { return super::malformed(&typed, &place, json(&headers)) };
    match challenge::ask(number, peer.address, &cx).await {
        Ok(()) => Redirect::to(&tier::waiting(&format!("/d/{number}"), place.chosen())).into_response(),
        Err(error) if error.kind == Kind::Throttled && !json(&headers) => {
            again(number, &place.saying(Said::AskedTooOften), error, &peer, &cx).await
        }
        // the button was there when the page was made: what became of the device since, the page tells
        Err(error) if error.kind == Kind::Conflict && !json(&headers) => again(number, &place, error, &peer, &cx).await,
        Err(error) => refuse(error, &place, &headers),
    }
}
