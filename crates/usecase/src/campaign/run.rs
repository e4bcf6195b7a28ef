//! Takes all campaigns one step further: marks who is overdue, judges, opens groups, takes devices in, takes back.

use super::fill::{fill, survey};
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::action::{Action, ActionStep};
use tegata_domain::campaign::{Campaign, CampaignStep, Group, GroupState, Turn};
use tegata_domain::change::{Change, Write};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::{ActionRow, CampaignRow};
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::time::Timestamp;

/// So many actions are moved in one turn.
const ACTIONS: u32 = 500;
/// So many campaigns are read at once.
const CAMPAIGNS: u32 = 100;

fn permit() -> Result<Permit> {
    Ok(Actor::Platform.permit(Operation::RunCampaign, Subject::default())?)
}

/// One turn of all campaigns; answers whether there is more to do at once.
pub async fn turn(cx: &Inner) -> Result<bool> {
    let now = cx.now()?;
    let mut more = overdue(now, cx).await?;
    let mut after = CampaignRow(0);
    loop {
        let campaigns = cx.store.campaign().unsettled(after, CAMPAIGNS).await?;
        for campaign in &campaigns {
            after = campaign.row;
            match one(campaign, now, cx).await {
                Ok(moved) => more |= moved,
                // one that cannot go on keeps no other back
                Err(error) => {
                    tracing::error!(%error, cause = ?error.source, campaign = %campaign.uid, "a campaign did not go on");
                }
            }
        }
        if campaigns.len() < CAMPAIGNS as usize {
            return Ok(more);
        }
    }
}

/// Marks devices that fell silent.
async fn overdue(now: Timestamp, cx: &Inner) -> Result<bool> {
    let due = cx.store.action().due(now, ACTIONS).await?;
    let more = due.len() == ACTIONS as usize;
    steps(due.into_iter().map(|action| (action.clone(), action.overdue(now))), now, cx).await?;
    Ok(more)
}

/// Saves the steps of actions, each by itself; one that moved meanwhile is looked at again later.
async fn steps(actions: impl Iterator<Item = (Action, Option<Action>)>, now: Timestamp, cx: &Inner) -> Result<usize> {
    let step = |(before, after): (Action, Option<Action>)| {
        let step = ActionStep::new(&before, after?, Vec::new(), now);
        Some(Change::of("", vec![Write::Action(Box::new(step))]))
    };
    let changes: Vec<Change> = actions.filter_map(step).collect();
    let count = changes.len();
    if count > 0 {
        cx.store.save_all(changes, &permit()?, now).await?;
    }
    Ok(count)
}

async fn one(campaign: &Campaign, now: Timestamp, cx: &Inner) -> Result<bool> {
    let groups = cx.store.campaign().groups(campaign.row).await?;
    let release = crate::release::by_row(campaign.release, cx).await?;
    let step = |campaign: Campaign, groups: Vec<Group>| {
        let decided_on = campaign.moves;
        vec![Write::CampaignStep(Box::new(CampaignStep { decided_on, campaign, groups }))]
    };
    let writes = match campaign.turn(&groups) {
        Turn::Wait => return Ok(false),
        Turn::Survey => match survey(campaign, &groups, &release, cx).await? {
            Some(step) => vec![Write::CampaignStep(Box::new(step))],
            None => return Ok(true),
        },
        Turn::Open(number) => {
            let opened = groups.into_iter().find(|group| group.number == number);
            let open = |group| Group { state: GroupState::Filling, opened_at: Some(now), ..group };
            step(campaign.clone(), opened.map(open).into_iter().collect())
        }
        Turn::Fill(number) => {
            let group = groups.iter().find(|group| group.number == number);
            let group = group.ok_or_else(|| Error::internal("a group that is not there"))?;
            vec![Write::Fill(Box::new(fill(campaign, group, &release, now, cx).await?))]
        }
        Turn::Stop(reason) => {
            let finding = stopped(campaign, &reason, now, cx);
            let mut writes = step(campaign.clone().stop(reason, now), Vec::new());
            writes.push(Write::Finding(finding));
            writes
        }
        Turn::Finish(reason) => step(campaign.clone().finish(reason, now), Vec::new()),
        Turn::Withdraw => {
            if withdraw(campaign, now, cx).await? {
                return Ok(true);
            }
            step(Campaign { settled: true, ..campaign.clone() }, Vec::new())
        }
    };
    match cx.store.save(Change::of(campaign.uid.to_string(), writes), &permit()?, now).await.map_err(Error::from) {
        Err(e) if e.code != "stale" => Err(e),
        Ok(()) | Err(_) => Ok(true),
    }
}

fn stopped(campaign: &Campaign, reason: &str, now: Timestamp, cx: &Inner) -> Finding {
    let kind = FindingKind::CampaignStopped;
    let data = serde_json::json!({ "campaign": campaign.uid.to_string(), "reason": reason });
    tracing::warn!(campaign = %campaign.uid, reason, "a campaign was stopped");
    Finding {
        uid: cx.uid(now),
        organisation: campaign.organisation,
        device: None,
        batch: None,
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: now,
        data,
        closed: None,
    }
}

/// Takes back a page of what an ended campaign still offers; answers whether there was any.
async fn withdraw(campaign: &Campaign, now: Timestamp, cx: &Inner) -> Result<bool> {
    let mut after = ActionRow(0);
    loop {
        let open = cx.store.action().open_of(campaign.row, after, ACTIONS).await?;
        let Some(last) = open.last() else { return Ok(false) };
        after = last.row;
        if steps(open.into_iter().map(|action| (action.clone(), action.withdraw(now))), now, cx).await? > 0 {
            return Ok(true);
        }
    }
}
