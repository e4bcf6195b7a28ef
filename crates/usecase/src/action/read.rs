//! What a device may read of its own actions.

use super::change::not_found;
use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use tegata_domain::action::Action;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;

/// The most messages that one answer shows.
const HISTORY_MAX: u32 = 100;

async fn own(row: ActionRow, device: &Device, cx: &Inner) -> Result<Action> {
    let live = cx.store.action().by_row(row).await?;
    live.map(|live| live.action).filter(|action| action.device == device.row).ok_or_else(not_found)
}

/// The device's own messages of an action, newest first, at most `limit`, which is at most 100.
pub async fn history(row: ActionRow, device: &Device, limit: u32, cx: &Inner) -> Result<Vec<String>> {
    let action = own(row, device, cx).await?;
    Ok(cx.store.action().messages(action.row, limit.min(HISTORY_MAX)).await?)
}

/// The action that the device installed last; NotFound for any other.
pub async fn installed(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    let action = own(row, device, cx).await?;
    let last = cx.store.release().updating(device.row).await?.and_then(|updating| updating.installed);
    if last != Some(row) {
        return Err(not_found());
    }
    let release = crate::release::by_row(action.release, cx).await?;
    Ok((action, release))
}
