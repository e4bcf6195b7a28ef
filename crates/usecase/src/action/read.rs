//! What a device may read of its own actions.

use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use tegata_domain::action::Action;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;

/// The device's own messages of an action, newest first, at most `limit`.
pub async fn history(row: ActionRow, device: &Device, limit: u32, cx: &Inner) -> Result<Vec<String>> {
    let _ = (row, device, limit, cx);
    todo!("in work")
}

/// The action that the device installed last; NotFound for any other.
pub async fn installed(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    let _ = (row, device, cx);
    todo!("in work")
}
