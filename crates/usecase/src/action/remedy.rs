//! Whether a device that is held has something to do here.

use super::{installed, pending};
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::action::ActionState;
use tegata_domain::device::Device;

/// Whether a remedy waits for a quarantined or recalled device, or was installed and its version is awaited.
pub async fn remedy(device: &Device, cx: &Inner) -> Result<bool> {
    let pending = pending(device, cx).await?;
    if pending.active.is_some() {
        return Ok(true);
    }
    let Some(row) = pending.installed else { return Ok(false) };
    let (action, release) = installed(row, device, cx).await?;
    Ok(release.remedy && action.state == ActionState::Installed)
}
