//! The poll: how long to wait, and what there is to do.

use super::reply::field;
use super::{Refusal, Who, reply, who};
use axum::extract::{self, FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, header};
use tegata_domain::action::{Action, ActionState};
use tegata_domain::number::Number;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::poll::{self, Answer, Asked, Known};
use tegata_usecase::{Cx, action, pace};
use tegata_wire::ddi::Base;
use tegata_wire::ddi::answer::{Poll, Task};
use tegata_wire::http::etag;

/// Differs when the body behind a link does, so that no cache on the way gives an old one.
pub fn change(action: &Action) -> u32 {
    u32::from(action.forced)
}

fn task(base: &Base, action: &Action) -> Task {
    match action.state {
        ActionState::Confirming => Task::Confirm(base.confirmation(action.row.0, change(action))),
        ActionState::Cancelling => Task::Cancel(base.cancel(action.row.0)),
        _ => Task::Deploy(base.deployment(action.row.0, change(action))),
    }
}

/// What a poll asks, read from its path as it stands; `None` where anything is unusual, which [`Who`] then judges.
fn asked<'a>(uri: &'a Uri, headers: &'a HeaderMap, peer: &Peer) -> Option<Asked<'a>> {
    let mut path = uri.path().strip_prefix('/')?.split('/');
    let parts = [path.next()?, path.next()?, path.next()?, path.next()?];
    let [tenant, "controller", "v1", number] = parts else { return None };
    if path.next().is_some() {
        return None;
    }
    let number = Number::parse(number).ok()?;
    let shown = peer::polling(peer, field(headers, header::AUTHORIZATION))?;
    Some(Asked { number, tenant, authority: who::reached(uri, headers).unwrap_or_default(), shown })
}

/// What the memory has for a poll.
pub enum Kept {
    /// The answer.
    Answer(Response),
    /// A refusal: the device asks too often.
    TooOften(Response),
}

/// The answer from memory, if this is a poll and one is there that holds: for the door, before it looks for a route.
/// `None` says nothing; the route decides then.
pub fn from_memory<B>(request: &Request<B>, peer: &Peer, cx: &Cx) -> Option<Kept> {
    if request.method() != Method::GET {
        return None;
    }
    let headers = request.headers();
    let asked = asked(request.uri(), headers, peer)?;
    let media = reply::media(headers).ok()?;
    Some(match poll::known(&asked, cx)? {
        Known::Answer(answer) => Kept::Answer(reply::answer(headers, media, answer)),
        Known::TooOften => Kept::TooOften(Refusal::from(pace::too_often()).into_response()),
    })
}

/// `GET` of the base, when memory had no answer: [`from_memory`] was asked before. Fills it.
pub async fn get(State(cx): State<Cx>, request: extract::Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let peer = parts.extensions.get::<Peer>();
    let asked = peer.and_then(|peer| Some((asked(&parts.uri, &parts.headers, peer)?, peer)));
    // before anything of the device is read
    let ticket = asked.as_ref().and_then(|(asked, peer)| poll::begin(asked, peer, &cx));
    let who = Who::from_request_parts(&mut parts.clone(), &cx).await?;
    pace::paced(who.device.row, &cx)?;
    let media = reply::media(&parts.headers)?;
    let pending = action::pending(&who.device, &cx).await?;
    let answer = render(&who, &pending);
    if let (Some((asked, _)), Some(ticket)) = (&asked, ticket) {
        poll::keep(ticket, asked, (&who.device, &pending), &answer, &cx).await?;
    }
    Ok(reply::answer(&parts.headers, media, answer))
}

fn render(who: &Who, pending: &action::Pending) -> Answer {
    let poll = Poll {
        sleep: pending.sleep,
        config_data: pending.wants_attributes.then(|| who.base.config_data()),
        task: pending.active.as_deref().map(|action| task(&who.base, action)),
        installed_base: pending.installed.map(|row| who.base.installed(row.0)),
    };
    let body = Bytes::from(poll.body());
    Answer { tag: etag(&body).into(), body }
}
