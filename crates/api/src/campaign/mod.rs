//! Campaigns.

pub mod act;
pub mod actions;
pub mod create;
pub mod list;
pub mod read;

use serde_json::{Map, Value, json};
use tegata_domain::action::ActionState;
use tegata_domain::campaign::{Campaign, Counts, Extent, Group};
use tegata_usecase::Error;
use tegata_usecase::campaign::Progress;

fn id(text: &str) -> Result<tegata_domain::id::Uuid, Error> {
    tegata_domain::id::Uuid::parse_str(text).map_err(|_| Error::not_found("campaign"))
}

fn counts(counts: &Counts) -> Value {
    ActionState::ALL
        .into_iter()
        .map(|state| (state.name().to_owned(), counts.of(state).into()))
        .collect::<Map<_, _>>()
        .into()
}

fn group(group: &Group) -> Value {
    let (percent, devices) = match group.extent {
        Extent::Share(share) => (Some(share.as_percent()), None),
        Extent::Devices(devices) => (None, Some(devices)),
    };
    // the last takes whatever is left
    let size = (group.size < u32::MAX && group.size > 0).then_some(group.size);
    json!({
        "number": group.number, "percent": percent, "devices": devices, "success": group.success, "state": group.state,
        "size": size, "opened_at": group.opened_at.map(|at| at.rfc3339()), "counts": counts(&group.counts),
    })
}

fn select(campaign: &Campaign) -> Value {
    let select = &campaign.selection;
    json!({
        "numbers": select.devices.len(), "stage": select.stage, "version": select.version,
        "percent": select.share.map(|share| share.as_percent()),
    })
}

/// A campaign as it is shown.
fn view(progress: &Progress) -> Value {
    let c = &progress.campaign;
    let all = progress.groups.iter().fold(Counts::default(), |sum, group| sum + group.counts);
    let tally = all.tally();
    json!({
        "id": c.uid, "release": progress.release.uid, "version": progress.release.version, "product": progress.product,
        "state": c.state, "reason": c.reason, "reach": if c.by_maker { "made" } else { "owned" }, "select": select(c),
        "forced": c.forced, "confirm": c.consent, "deadline_minutes": c.span.as_secs() / 60,
        "failure_limit": c.rule.limit.as_percent(), "least_answered": c.rule.least,
        "at_once": (c.at_once < u32::MAX).then_some(c.at_once), "targets": c.targets, "already": c.current,
        "skipped": c.skipped, "updating": c.busy, "unreached": all.of(ActionState::Offered), "answered": tally.answered,
        "failed": tally.failed, "counts": counts(&all), "groups": progress.groups.iter().map(group).collect::<Value>(),
        "created_at": c.created_at.rfc3339(), "ended_at": c.ended_at.map(|at| at.rfc3339()),
    })
}
