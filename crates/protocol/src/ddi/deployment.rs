//! What is to be installed, what was installed last, and what the device says is on it.

use super::request::{self, History};
use super::{Refusal, Who, reply};
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use tegata_domain::action::{Action, ActionState};
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;
use tegata_usecase::{Cx, action, release};
use tegata_wire::ddi::Base;
use tegata_wire::ddi::answer::{Artifact, Chunk, Deployment, Handling};
use tegata_wire::ddi::request::InstalledBase;

/// The type of our one chunk: hawkBit's word for a whole image.
const PART: &str = "os";

/// A release's file, as a device is told of it.
pub fn artifact(release: &Release, base: &Base) -> Artifact {
    Artifact {
        filename: release.file_name.clone(),
        sha1: release.sha1,
        md5: release.md5,
        sha256: release.sha256,
        size: release.size,
        href: base.artifact(release.row.0, &release.file_name),
    }
}

/// hawkBit's word for a state.
fn status(state: ActionState) -> &'static str {
    match state {
        ActionState::Confirming => "WAIT_FOR_CONFIRMATION",
        ActionState::Retrieved => "RETRIEVED",
        ActionState::Downloading => "DOWNLOAD",
        ActionState::Downloaded => "DOWNLOADED",
        ActionState::Offered | ActionState::Installing | ActionState::Overdue => "RUNNING",
        ActionState::Installed | ActionState::Done => "FINISHED",
        ActionState::Failed => "ERROR",
        ActionState::Cancelling => "CANCELING",
        ActionState::Cancelled => "CANCELED",
    }
}

/// An action with its release, as a device is told of it.
pub async fn view(
    (action, release): (&Action, &Release),
    who: &Who,
    history: &History,
    cx: &Cx,
) -> Result<Deployment, Refusal> {
    let handling = if action.forced { Handling::Forced } else { Handling::Attempt };
    let history = match history.limit() {
        Some(limit) => {
            let messages = action::history(action.row, &who.device, limit, cx).await?;
            Some((status(action.state).to_owned(), messages))
        }
        None => None,
    };
    let chunk = Chunk {
        part: PART.to_owned(),
        // clients make folders of it, so it is a name that our own rules let through
        name: release.file_name.clone(),
        version: release.version.clone(),
        artifacts: vec![artifact(release, &who.base)],
        metadata: release::metadata(release, cx).await?,
    };
    Ok(Deployment {
        action: action.row.0,
        download: handling,
        update: handling,
        window: None,
        chunks: vec![chunk],
        history,
    })
}

/// `GET deploymentBase/{action}`: the device has read what to install from then on.
pub async fn get(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    Query(history): Query<History>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let (action, release) = action::offer(ActionRow(path.row()?), &who.device, &cx).await?;
    let body = view((&action, &release), &who, &history, &cx).await?.body();
    Ok(reply::json(&headers, media, body))
}

/// `GET installedBase/{action}`: what was installed last.
pub async fn installed(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    Query(history): Query<History>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let (action, release) = action::installed(ActionRow(path.row()?), &who.device, &cx).await?;
    let body = view((&action, &release), &who, &history, &cx).await?.body();
    Ok(reply::json(&headers, media, body))
}

/// `PUT installedBase`: what is on the device without any action of ours. 201 when that is new, 200 when it was known.
pub async fn put(State(cx): State<Cx>, who: Who, request: Request) -> Result<Response, Refusal> {
    let said = InstalledBase::parse(&request::body(request).await?)?;
    let who = who.again(&cx).await?;
    let known = release::running::of(who.device.row, &cx).await?;
    if known.is_some_and(|known| known.version == said.version) {
        return Ok(reply::taken());
    }
    release::running::report(&who.device, &said.version, &cx).await?;
    Ok(StatusCode::CREATED.into_response())
}
