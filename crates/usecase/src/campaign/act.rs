//! Pauses, resumes and cancels a campaign.

use super::read::{Progress, load, progress};
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::campaign::CampaignStep;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Subject};

/// An act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It offers nothing more until it is resumed; devices that began go on.
    Pause,
    /// It goes on.
    Resume,
    /// It ends: what has not begun is taken back, what does not install yet is asked to stop. Why, for people.
    Cancel(Option<String>),
}

/// How often an act is decided again when the campaign moved meanwhile.
const TRIES: usize = 16;

/// Does an act; answers how far the campaign is.
pub async fn act(uid: Uuid, act: Act, actor: &Actor, cx: &Inner) -> Result<Progress> {
    if let Act::Cancel(Some(reason)) = &act
        && (reason.chars().count() > 500 || reason.chars().any(char::is_control))
    {
        return Err(Error::invalid("words", "reason has at most 500 characters, without control characters"));
    }
    for _ in 0..TRIES {
        let campaign = load(uid, Operation::ChangeCampaign, actor, cx).await?;
        let permit = actor.permit(Operation::ChangeCampaign, Subject::of(campaign.organisation))?;
        let now = cx.now()?;
        let (before, decided_on) = (campaign.state, campaign.moves);
        let after = match &act {
            Act::Pause => campaign.pause(),
            Act::Resume => campaign.resume(),
            Act::Cancel(reason) => campaign.cancel(reason.clone(), now),
        };
        let campaign = after.map_err(|e| Error::conflict("campaign", &e).case(e.case()))?;
        let groups = cx.store.campaign().groups(campaign.row).await?;
        if campaign.state == before {
            return progress(campaign, groups, cx).await;
        }
        let step = CampaignStep { decided_on, campaign: campaign.clone(), groups: Vec::new() };
        let change = Change::of(uid.to_string(), vec![Write::CampaignStep(Box::new(step))]);
        match cx.store.save(change, &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => continue,
            Err(e) => return Err(e),
            Ok(()) => return progress(campaign, groups, cx).await,
        }
    }
    Err(Error::conflict("stale", "this campaign keeps moving; try again"))
}
