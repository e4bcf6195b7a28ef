//! A device reads what to install.

use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use tegata_domain::action::Action;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;

/// What to install; marks the action as retrieved, a second time changes nothing.
/// NotFound when it is not this device's, or in another phase.
pub async fn offer(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    let _ = (row, device, cx);
    todo!("in work")
}

/// What the device is asked to stop; NotFound when it is not.
pub async fn cancelling(row: ActionRow, device: &Device, cx: &Inner) -> Result<Action> {
    let _ = (row, device, cx);
    todo!("in work")
}

/// What waits for consent; NotFound when it does not.
pub async fn confirming(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    let _ = (row, device, cx);
    todo!("in work")
}
