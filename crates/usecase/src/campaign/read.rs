//! Reads of campaigns: how far they are, and each device's action.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::action::Action;
use tegata_domain::campaign::{Campaign, Group};
use tegata_domain::id::{CampaignRow, DeviceRow, Uuid};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::product::Product;
use tegata_domain::release::Release;

/// How far a campaign is.
pub struct Progress {
    /// The campaign.
    pub campaign: Campaign,
    /// Its groups, with their counts.
    pub groups: Vec<Group>,
    /// What is rolled out.
    pub release: Arc<Release>,
    /// Outward id of the product.
    pub product: Uuid,
    /// The product.
    pub of: Arc<Product>,
}

pub(super) async fn progress(campaign: Campaign, groups: Vec<Group>, cx: &Inner) -> Result<Progress> {
    let release = crate::release::by_row(campaign.release, cx).await?;
    let of = crate::release::product_of(&release, cx).await?;
    Ok(Progress { campaign, groups, release, product: of.uid, of })
}

/// A campaign of the actor's organisation.
pub(super) async fn load(uid: Uuid, operation: Operation, actor: &Actor, cx: &Inner) -> Result<Campaign> {
    let campaign = cx.store.campaign().by_uid(uid).await?.ok_or_else(|| Error::not_found("campaign"))?;
    let permitted = actor.permit(operation, Subject::of(campaign.organisation));
    permitted.map_err(|e| crate::device::hide(e, "campaign"))?;
    Ok(campaign)
}

/// One campaign.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Progress> {
    let campaign = load(uid, Operation::ReadCampaign, actor, cx).await?;
    let groups = cx.store.campaign().groups(campaign.row).await?;
    progress(campaign, groups, cx).await
}

/// The campaigns of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Progress>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadCampaign, Subject::of(organisation))?;
    let mut all = Vec::new();
    for campaign in cx.store.campaign().page(organisation, CampaignRow(after), limit).await? {
        let groups = cx.store.campaign().groups(campaign.row).await?;
        all.push(progress(campaign, groups, cx).await?);
    }
    Ok(all)
}

/// The actions of a campaign in the order of their devices after `after`, at most `limit`, each with its device's number
/// and what that said last.
pub async fn actions(
    uid: Uuid,
    (after, limit): (i64, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<(Number, Action, Option<String>)>> {
    let campaign = load(uid, Operation::ReadCampaign, actor, cx).await?;
    let all = cx.store.action().page(campaign.row, DeviceRow(after), limit).await?;
    let mut told = Vec::with_capacity(all.len());
    for action in all {
        let number = cx.numbers.number(action.device.0).ok_or_else(|| Error::internal("no number key"))?;
        let said = if action.entries > 0 { cx.store.action().messages(action.row, 1).await?.pop() } else { None };
        told.push((number, action, said));
    }
    Ok(told)
}
