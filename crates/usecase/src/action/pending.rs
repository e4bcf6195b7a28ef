//! What waits for a device: the hot path of every poll.
//!
//! One statement with point look-ups. What it depends on changes only with commits that touch this device (its action
//! is one of the things that move its version), and, while an action is live, with the state and the places of its
//! campaign. `poll` keeps the answers of those without one.

use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::action::{Action, ActionState};
use tegata_domain::campaign::CampaignState;
use tegata_domain::device::{Condition, Device};
use tegata_domain::id::ActionRow;
use tegata_domain::release::Release;
use tegata_store::Live;

/// What waits for a device.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The action that the device may see: confirming, cancelling, or to be worked on.
    pub active: Option<Arc<Action>>,
    /// Whether any action is live, also one that the device may not see at present.
    pub live: bool,
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
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "action::pending", skip_all)]
pub async fn pending(device: &Device, cx: &Inner) -> Result<Pending> {
    let visible = cx.store.action().visible(device.row).await?;
    let (mut active, mut release) = (None, None);
    let is_live = visible.live.is_some();
    if let Some(live) = visible.live.filter(|live| shows(live, device)) {
        let its = crate::release::by_row(live.action.release, cx).await?;
        if may_have(device, &its) {
            (active, release) = (Some(Arc::new(live.action)), Some(its));
        }
    }
    let sleep = cx.settings.poll_interval;
    Ok(Pending {
        active,
        live: is_live,
        release,
        installed: visible.installed,
        wants_attributes: visible.wanted,
        sleep,
    })
}

/// Whether a device sees an action: what has not begun, only while its campaign offers and has a place; that of an
/// earlier owner not at all.
pub(super) fn shows(live: &Live, device: &Device) -> bool {
    if live.of.is_some_and(|organisation| organisation != device.owner) {
        return false;
    }
    let offers = live.campaign == CampaignState::Running;
    live.action.is_open_to_device()
        && match live.action.state {
            ActionState::Confirming => offers,
            ActionState::Offered => offers && live.room,
            _ => true,
        }
}

/// A held device may have a remedy only.
pub(super) fn may_have(device: &Device, release: &Release) -> bool {
    let held = matches!(device.condition, Condition::Quarantined | Condition::Recalled);
    release.remedy || !held
}
