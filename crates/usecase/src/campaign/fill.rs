//! Counts the targets of a campaign, and takes devices into its groups: a page of devices a turn.

use crate::cx::Inner;
use crate::error::Result;
use std::collections::HashMap;
use tegata_domain::action::ActionStep;
use tegata_domain::campaign::{Campaign, CampaignStep, Candidate, Entry, Fill, Group, Meets, Places, place, plan};
use tegata_domain::id::{ActionRow, CampaignRow, DeviceRow};
use tegata_domain::release::Release;
use tegata_domain::time::Timestamp;
use tegata_store::{Chosen, Row};

/// So many devices are looked at in one turn.
const PAGE: u32 = 2000;

/// Counts that are under way, in memory: a start begins them anew.
#[derive(Default)]
pub struct Surveys(tokio::sync::Mutex<HashMap<CampaignRow, Survey>>);

#[derive(Default)]
struct Survey {
    cursor: i64,
    targets: u32,
    current: u32,
    places: Places,
}

/// The next devices of a campaign's reach after `after`, and whether there are more.
async fn page(campaign: &Campaign, after: DeviceRow, cx: &Inner) -> Result<(Vec<Candidate>, bool)> {
    let Campaign { organisation, product, by_maker, selection, .. } = campaign;
    let of = Chosen { organisation: *organisation, product: *product, by_maker: *by_maker };
    if selection.devices.is_empty() {
        let found = cx.store.campaign().candidates(of, after, PAGE).await?;
        let more = found.len() == PAGE as usize;
        return Ok((found, more));
    }
    let mut found = Vec::new();
    for device in selection.devices.iter().filter(|device| **device > after) {
        found.extend(cx.store.campaign().candidate(of, *device).await?);
    }
    Ok((found, false))
}

/// Counts a page of targets; at the end, answers the campaign with its groups planned.
pub(super) async fn survey(
    campaign: &Campaign,
    groups: &[Group],
    release: &Release,
    cx: &Inner,
) -> Result<Option<CampaignStep>> {
    let mut surveys = cx.surveys.0.lock().await;
    let survey = surveys.entry(campaign.row).or_default();
    let (found, more) = page(campaign, DeviceRow(survey.cursor), cx).await?;
    for candidate in &found {
        match campaign.meets(candidate, release) {
            Meets::No => {}
            Meets::Current => survey.current += 1,
            Meets::Yes => {
                survey.targets += 1;
                survey.places.add(place(campaign.uid, candidate.device));
            }
        }
    }
    if let (true, Some(last)) = (more, found.last()) {
        survey.cursor = last.device.0;
        return Ok(None);
    }
    let mut groups = groups.to_vec();
    plan(&mut groups, survey.targets, &survey.places);
    let (targets, current) = (Some(survey.targets), survey.current);
    let campaign = Campaign { targets, current, ..campaign.clone() };
    surveys.remove(&campaign.row);
    Ok(Some(CampaignStep { decided_on: campaign.moves, campaign, groups }))
}

/// Takes the next devices into a group.
pub(super) async fn fill(
    campaign: &Campaign,
    group: &Group,
    release: &Release,
    now: Timestamp,
    cx: &Inner,
) -> Result<Fill> {
    let (found, more) = page(campaign, group.cursor, cx).await?;
    let mut fill = Fill {
        campaign: campaign.row,
        group: group.number,
        from: group.cursor,
        to: found.last().map_or(group.cursor, |last| last.device),
        filled: !more,
        entries: Vec::new(),
        skipped: 0,
    };
    let room = group.size.saturating_sub(group.counts.total()) as usize;
    for candidate in found {
        let device = candidate.device;
        if place(campaign.uid, device) > group.threshold || campaign.meets(&candidate, release) != Meets::Yes {
            continue;
        }
        if fill.entries.len() >= room {
            // this device is for the next group, which begins anew
            (fill.to, fill.filled) = (device, true);
            break;
        }
        if cx.store.action().of_campaign(campaign.row, device).await?.is_none() {
            match take(campaign, (&candidate, group.number), now, cx).await? {
                Some(entry) => fill.entries.push(entry),
                // earlier groups leave it to the last one, which tries again
                None => fill.skipped += u32::from(group.threshold == u32::MAX),
            }
        }
    }
    let first = cx.store.reserve(Row::Action, fill.entries.len().max(1) as u32).await?;
    for (i, entry) in fill.entries.iter_mut().enumerate() {
        entry.action.row = ActionRow(first + i as i64);
    }
    Ok(fill)
}

/// What one device is offered, with what that supersedes; `None` where another campaign keeps it.
async fn take(
    campaign: &Campaign,
    (candidate, group): (&Candidate, u32),
    now: Timestamp,
    cx: &Inner,
) -> Result<Option<Entry>> {
    let device = candidate.device;
    let superseded = match cx.store.action().live_of(device).await? {
        None => None,
        Some(live) => match live.clone().supersede(campaign.release, now) {
            Some(after) => Some(ActionStep::new(&live, after, Vec::new(), now)),
            None => return Ok(None),
        },
    };
    let consents = campaign.consent
        && cx.store.release().updating(device).await?.is_some_and(|updating| updating.consent.is_some());
    let action = campaign.offer(ActionRow(0), (device, group), consents, now);
    Ok(Some(Entry { action, period: candidate.period, superseded }))
}
