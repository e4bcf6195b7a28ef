//! The poll: how long to wait, and what there is to do.

use super::{Refusal, Who, reply};
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use tegata_domain::action::{Action, ActionState};
use tegata_usecase::{Cx, action};
use tegata_wire::ddi::Base;
use tegata_wire::ddi::answer::{Poll, Task};

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

/// `GET` of the base.
pub async fn get(State(cx): State<Cx>, who: Who, headers: HeaderMap) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let pending = action::pending(&who.device, &cx).await?;
    let poll = Poll {
        sleep: pending.sleep,
        config_data: pending.wants_attributes.then(|| who.base.config_data()),
        task: pending.active.as_deref().map(|action| task(&who.base, action)),
        installed_base: pending.installed.map(|row| who.base.installed(row.0)),
    };
    Ok(reply::json(&headers, media, poll.body()))
}
