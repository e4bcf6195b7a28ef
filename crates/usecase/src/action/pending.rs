//! What waits for a device: the hot path of every poll.

use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::action::Action;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;

/// What waits for a device.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The action that the device may see: confirming, cancelling, or to be worked on.
    pub active: Option<Arc<Action>>,
    /// Its release.
    pub release: Option<Arc<Release>>,
    /// The last action that the device installed.
    pub installed: Option<ActionRow>,
    /// Whether the device is asked for its attributes.
    pub wants_attributes: bool,
    /// When it may ask again.
    pub sleep: Duration,
}

/// What waits for `device`.
pub async fn pending(device: &Device, cx: &Inner) -> Result<Pending> {
    let _ = (device, cx);
    todo!("in work")
}
