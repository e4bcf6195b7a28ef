//! Creates a campaign. Which devices it meets is looked at by the job, page by page: creating one of a million devices
//! costs as much as one of ten.

use super::read::{Progress, progress};
use crate::cx::{IdempotencyKey, Inner};
use crate::error::{Error, Result};
use std::time::Duration;
use tegata_domain::campaign::{
    Campaign, CampaignError, CampaignState, LEAST_DEFAULT, LIMIT_DEFAULT, NUMBERS_MAX, NewCampaign,
};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{CampaignRow, DeviceRow, OrganisationRow, Uuid};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::product::{Product, Sector};
use tegata_domain::release::Release;
use tegata_domain::stop::{Share, StopRule};
use tegata_store::{Chosen, Row};

/// What is asked for, in the words of outside.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The release.
    pub release: Uuid,
    /// Its product, if it is said again.
    pub product: Option<Uuid>,
    /// The product's sector, if it is said again.
    pub sector: Option<Sector>,
    /// Only these devices.
    pub numbers: Vec<Number>,
    /// Everything else.
    pub new: NewCampaign,
}

/// Creates a campaign over the devices of the release's product: all of them for its maker, else those that the actor's
/// organisation owns. `key` is the asker's Idempotency-Key.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "campaign::create", skip_all)]
pub async fn create(asked: Asked, key: Option<&str>, actor: &Actor, cx: &Inner) -> Result<Progress> {
    let own = crate::organisation::own(actor, cx).await?;
    let permit = actor.permit(Operation::CreateCampaign, Subject::of(own.row))?;
    let release = crate::release::by_uid(asked.release, actor, cx).await?.release;
    let product = crate::release::product_of(&release, cx).await?;
    same_product(&asked, &product)?;
    let mut new = asked.new;
    if asked.numbers.len() > NUMBERS_MAX {
        let many = CampaignError::Numbers;
        return Err(Error::invalid("campaign", &many).case(many.case()));
    }
    let by_maker = own.row == release.organisation;
    let reach = Chosen { organisation: own.row, product: product.row, by_maker };
    new.selection.devices = rows(&asked.numbers, reach, cx).await?;
    new.check().map_err(|e| Error::invalid("campaign", &e).case(e.case()))?;
    let now = cx.now()?;
    let key = key.map(|key| IdempotencyKey { organisation: own.row, noun: "campaign", key });
    let row = CampaignRow(cx.store.reserve(Row::Campaign, 1).await?);
    let groups = new.groups();
    let campaign = campaign(new, (row, cx.uid_of(now, key)), &release, own.row, cx)?;
    let write = Write::Campaign(Box::new((campaign.clone(), groups.clone())));
    match cx.store.save(Change::of(campaign.uid.to_string(), vec![write]), &permit, now).await.map_err(Error::from) {
        Ok(()) => progress(campaign, groups, cx).await,
        Err(e) if e.code == "exists" => match cx.store.campaign().by_uid(campaign.uid).await? {
            Some(known) if (known.release, &known.selection) == (campaign.release, &campaign.selection) => {
                let groups = cx.store.campaign().groups(known.row).await?;
                progress(known, groups, cx).await
            }
            Some(_) | None => {
                Err(Error::conflict("idempotency_key", "this Idempotency-Key was used for another campaign"))
            }
        },
        Err(e) => Err(e),
    }
}

/// A release is of one product: a selection that names another meets nothing, which is rather a mistake.
fn same_product(asked: &Asked, product: &Product) -> Result<()> {
    if asked.product.is_some_and(|uid| uid != product.uid) {
        let text = format!("the release is of product {}; leave product out, or give that one", product.uid);
        return Err(Error::invalid("select", text));
    }
    if asked.sector.is_some_and(|sector| sector != product.sector) {
        return Err(Error::invalid("select", "the release's product is of another sector; leave sector out"));
    }
    Ok(())
}

/// The rows behind numbers, all of which must lie within reach.
async fn rows(numbers: &[Number], reach: Chosen, cx: &Inner) -> Result<Vec<DeviceRow>> {
    let mut rows = Vec::with_capacity(numbers.len());
    for number in numbers {
        let device = match cx.numbers.row(*number) {
            Some(row) => cx.store.campaign().candidate(reach, DeviceRow(row)).await?,
            None => None,
        };
        let text = || format!("{number} is no device of this product that you made or own");
        rows.push(device.ok_or_else(|| Error::invalid("select", text()).case("select.numbers"))?.device);
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

fn campaign(
    new: NewCampaign,
    (row, uid): (CampaignRow, Uuid),
    release: &Release,
    organisation: OrganisationRow,
    cx: &Inner,
) -> Result<Campaign> {
    let span = new.span.unwrap_or(cx.settings.poll_interval * 3 + Duration::from_secs(15 * 60));
    Ok(Campaign {
        row,
        uid,
        organisation,
        release: release.row,
        product: release.product,
        by_maker: organisation == release.organisation,
        state: CampaignState::Running,
        reason: None,
        moves: 0,
        selection: new.selection,
        forced: new.forced.unwrap_or(true),
        consent: new.consent,
        span,
        rule: StopRule {
            limit: new.limit.unwrap_or(Share::hundredths(LIMIT_DEFAULT)),
            least: new.least.unwrap_or(LEAST_DEFAULT),
        },
        at_once: new.at_once.unwrap_or(u32::MAX),
        busy: 0,
        targets: None,
        current: 0,
        skipped: 0,
        settled: false,
        created_at: cx.now()?,
        ended_at: None,
    })
}
