//! A device reads what to install, to stop, or to consent to.

use super::change::{change, load, not_found};
use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use tegata_domain::action::{Action, ActionState};
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;

/// What to install; marks the action as retrieved, a second time changes nothing.
/// NotFound when it is not this device's, or in another phase.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "action::offer", skip_all)]
pub async fn offer(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    change(row, device, Vec::new(), Action::retrieve, cx).await
}

/// What the device is asked to stop; NotFound when it is not.
pub async fn cancelling(row: ActionRow, device: &Device, cx: &Inner) -> Result<Action> {
    let (action, _) = load(row, device, cx).await?;
    if action.state == ActionState::Cancelling { Ok(action) } else { Err(not_found()) }
}

/// What waits for consent; NotFound when it does not.
pub async fn confirming(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    let (action, release) = load(row, device, cx).await?;
    if action.state == ActionState::Confirming { Ok((action, release)) } else { Err(not_found()) }
}
