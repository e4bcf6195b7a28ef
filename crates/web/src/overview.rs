//! The overview of the console: handler.

use crate::desk::Desk;
use crate::page::console::overview::{self, Moving, Whole};
use axum::extract::State;
use axum::response::Response;
use tegata_domain::campaign::CampaignState;
use tegata_domain::finding::FindingState;
use tegata_usecase::{Cx, Error, Kind, Result, campaign, finding, tally};

/// Open findings that are looked at, the most urgent of which are shown.
const FINDINGS: u32 = 500;
/// Campaigns that are looked at.
const CAMPAIGNS: u32 = 100;
/// Releases whose way is drawn.
const CURVES: u32 = 3;

/// A role that may not read a part of it sees the rest.
fn unless_denied<T: Default>(outcome: Result<T>) -> Result<T> {
    match outcome {
        Err(error) if error.kind == Kind::Denied => Ok(T::default()),
        other => other,
    }
}

/// What moves on it: for the page, and for the mark that is asked for every few seconds.
pub(crate) async fn moving(desk: &Desk, cx: &Cx) -> Result<Moving> {
    let actor = desk.visitor.actor();
    let standing = tally::read(actor, cx).await?.ok_or_else(|| Error::not_found("organisation"))?;
    let findings = unless_denied(finding::list(Some(FindingState::Open), (0, FINDINGS), actor, cx).await)?;
    let campaigns = unless_denied(campaign::list(0, CAMPAIGNS, actor, cx).await)?;
    let campaigns = campaigns.into_iter().filter(|one| one.campaign.state == CampaignState::Running).collect();
    Ok(Moving { standing, findings, campaigns })
}

async fn read(desk: &Desk, cx: &Cx) -> Result<Whole> {
    let moving = moving(desk, cx).await?;
    let drawn = moving.standing.releases.iter().find(|one| one.release.is_some()).map(|one| one.product.clone());
    let curves = match &drawn {
        Some(product) => tally::curves(product.uid, CURVES, desk.visitor.actor(), cx).await?,
        None => Vec::new(),
    };
    Ok(Whole { moving, drawn, curves, now: cx.reading()? })
}

/// `GET /console`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    match read(&desk, &cx).await {
        Ok(whole) => overview::render(&desk, &whole),
        Err(error) => desk.refuse(error),
    }
}
