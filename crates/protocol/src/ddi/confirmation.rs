//! The consent of a device, or of its user, to an update.

use super::request::{self, History};
use super::{Refusal, Who, deployment, poll, reply};
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use http::HeaderMap;
use tegata_domain::action::ActionState;
use tegata_domain::id::ActionRow;
use tegata_usecase::action::AutoConfirm;
use tegata_usecase::{Cx, action};
use tegata_wire::ddi::answer::{self, Consent};
use tegata_wire::ddi::request as said;

/// `GET confirmationBase`: whether consent is given once for all, and what waits for it.
pub async fn base(State(cx): State<Cx>, who: Who, headers: HeaderMap) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let consent = action::auto_confirm_of(&who.device, &cx).await?.map(|(given, at)| Consent {
        initiator: given.initiator,
        remark: given.remark,
        activated_at: at.millis(),
    });
    let active = action::pending(&who.device, &cx).await?.active;
    let waiting = active.filter(|action| action.state == ActionState::Confirming);
    let waiting = waiting.map(|action| (action.row.0, poll::change(&action)));
    Ok(reply::json(&headers, media, answer::confirmation_base(&who.base, consent.as_ref(), waiting)))
}

/// `GET confirmationBase/{action}`: what waits for consent.
pub async fn get(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    Query(history): Query<History>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let (action, release) = action::confirming(ActionRow(path.row()?), &who.device, &cx).await?;
    let body = deployment::view((&action, &release), &who, &history, &cx).await?.confirmation();
    Ok(reply::json(&headers, media, body))
}

/// `POST confirmationBase/{action}/feedback`: yes, no, or no after all.
pub async fn post(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    request: Request,
) -> Result<Response, Refusal> {
    let said = said::Confirmation::parse(&request::body(request).await?)?;
    let who = who.again(&cx).await?;
    action::confirm(ActionRow(path.row()?), &who.device, said.confirmed, said.details, &cx).await?;
    Ok(reply::taken())
}

/// `POST confirmationBase/activateAutoConfirm`: yes to all that comes.
pub async fn activate(State(cx): State<Cx>, who: Who, request: Request) -> Result<Response, Refusal> {
    let said = said::AutoConfirm::parse(&request::optional_body(request).await?)?;
    let who = who.again(&cx).await?;
    let given = AutoConfirm { initiator: said.initiator, remark: said.remark };
    action::auto_confirm(&who.device, Some(given), &cx).await?;
    Ok(reply::taken())
}

/// `POST confirmationBase/deactivateAutoConfirm`: asked each time again.
pub async fn deactivate(State(cx): State<Cx>, who: Who) -> Result<Response, Refusal> {
    action::auto_confirm(&who.device, None, &cx).await?;
    Ok(reply::taken())
}
