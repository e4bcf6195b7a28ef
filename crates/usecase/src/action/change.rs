//! One step of one action: load, permit, decide, save; again when it moved meanwhile.

use super::pending::{may_have, shows};
use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::action::{Action, ActionError, ActionStep};
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::release::Release;
use tegata_domain::time::Timestamp;

/// How often a step is decided again when another request came between.
const TRIES: usize = 16;
/// The most messages of one entry, and their longest text: what goes beyond is cut, so that no result is lost for it.
const MESSAGES_MAX: usize = 50;
const TEXT_MAX: usize = 512;

pub(super) fn not_found() -> Error {
    Error::not_found("action")
}

pub(super) fn refused(error: ActionError) -> Error {
    match error {
        ActionError::Phase => not_found(),
        ActionError::Closed => Error::conflict("closed", error),
        ActionError::NotCancelling => Error::conflict("not_cancelling", error),
        ActionError::TooMany => Error::new(crate::Kind::Throttled, "too_many", error.to_string()),
    }
}

/// An action that this device may see, with its release.
pub(super) async fn load(row: ActionRow, device: &Device, cx: &Inner) -> Result<(Action, Arc<Release>)> {
    let live = cx.store.action().by_row(row).await?.ok_or_else(not_found)?;
    let earlier = live.of.is_some_and(|organisation| organisation != device.owner);
    if live.action.device != device.row || earlier || (live.action.state.is_waiting() && !shows(&live, device)) {
        return Err(not_found());
    }
    let release = crate::release::by_row(live.action.release, cx).await?;
    if may_have(device, &release) { Ok((live.action, release)) } else { Err(not_found()) }
}

/// Takes an action of this device where `decide` says, with what the device said.
pub(super) async fn change(
    row: ActionRow,
    device: &Device,
    messages: Vec<String>,
    decide: impl Fn(Action, Timestamp) -> Result<Action, ActionError>,
    cx: &Inner,
) -> Result<(Action, Arc<Release>)> {
    let permit = Actor::Device(device.row).permit(Operation::UpdateDevice, device)?;
    for _ in 0..TRIES {
        let (before, release) = load(row, device, cx).await?;
        let now = cx.now()?;
        let after = decide(before.clone(), now).map_err(refused)?;
        if after == before && messages.is_empty() {
            return Ok((before, release));
        }
        let step = ActionStep::new(&before, after, messages.clone(), now);
        let after = step.action.clone();
        let change = Change::of("", vec![Write::Action(Box::new(step))]);
        match cx.store.save(change, &permit, now).await.map_err(Error::from) {
            // moved meanwhile, or its campaign has no place any more: the next look tells
            Err(e) if e.code == "stale" => continue,
            Err(e) => return Err(e),
            Ok(()) => return Ok((after, release)),
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this action; try again"))
}

/// Messages as they are kept: a default where there is none, and nothing without bound.
pub(super) fn messages(details: Vec<String>, code: Option<i64>, default: &str) -> Vec<String> {
    let left_out = details.len().saturating_sub(MESSAGES_MAX);
    let mut kept: Vec<String> =
        details.into_iter().take(MESSAGES_MAX).map(|text| text.chars().take(TEXT_MAX).collect()).collect();
    if kept.is_empty() {
        kept.push(default.to_owned());
    }
    if left_out > 0 {
        kept.push(format!("({left_out} more messages were left out)"));
    }
    kept.extend(code.map(|code| format!("Device reported status code: {code}")));
    kept
}
