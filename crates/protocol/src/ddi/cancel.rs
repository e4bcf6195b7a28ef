//! An action that is to stop.

use super::{Refusal, Who, feedback, reply, request};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderMap;
use tegata_domain::id::ActionRow;
use tegata_usecase::{Cx, action};
use tegata_wire::ddi::answer;

/// `GET cancelAction/{action}`.
pub async fn get(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let action = action::cancelling(ActionRow(path.row()?), &who.device, &cx).await?;
    Ok(reply::json(&headers, media, answer::cancel(action.row.0)))
}

/// `POST cancelAction/{action}/feedback`: the device stopped, or will not.
pub async fn post(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    request: Request,
) -> Result<Response, Refusal> {
    let feedback = feedback::read(request).await?;
    let who = who.again(&cx).await?;
    action::cancel_feedback(ActionRow(path.row()?), &who.device, feedback, &cx).await?;
    Ok(reply::taken())
}
