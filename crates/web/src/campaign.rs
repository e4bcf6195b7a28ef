//! Campaigns in the console: handlers.

mod filled;

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::campaign::{self as page, Listed, Offer, Shown};
use crate::product::{PAGE, id};
use crate::refusal;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::id::Uuid;
use tegata_domain::permit::Operation::{ChangeCampaign, CreateCampaign};
use tegata_domain::permit::Subject;
use tegata_usecase::campaign::{self, Act};
use tegata_usecase::{Cx, Result, cursor, release};

/// Devices of a campaign on its page.
const DEVICES: u32 = 25;

/// `GET /console/campaigns`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    listed(&from, &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn listed(from: &From, desk: &Desk, cx: &Cx) -> Result<Response> {
    let after = cursor::decode(from.after.as_deref(), cx)?;
    let all = campaign::list(after, PAGE, desk.visitor.actor(), cx).await?;
    let rows: Vec<i64> = all.iter().map(|one| one.campaign.row.0).collect();
    let next = desk.turn(&rows, PAGE, cx)?;
    let listed = Listed { all: &all, next: next.as_deref(), may_create: desk.may(CreateCampaign) };
    Ok(desk.show(&page::list(&desk.place(), &listed)))
}

/// `GET /console/campaigns/{id}`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>, Query(from): Query<From>) -> Response {
    one(&text, &from, &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn one(text: &str, from: &From, desk: &Desk, cx: &Cx) -> Result<Response> {
    let (uid, actor) = (id(text, "campaign")?, desk.visitor.actor());
    let after = cursor::decode(from.after.as_deref(), cx)?;
    let progress = campaign::by_uid(uid, actor, cx).await?;
    let devices = campaign::actions(uid, (after, DEVICES), actor, cx).await?;
    let rows: Vec<i64> = devices.iter().map(|one| one.1.device.0).collect();
    let next = desk.turn(&rows, DEVICES, cx)?;
    let form = desk.form(ChangeCampaign);
    let shown = Shown { progress: &progress, devices: &devices, next: next.as_deref(), form };
    Ok(desk.show(&page::one(&desk.place(), &shown)))
}

/// Which release a new campaign begins with.
#[derive(Deserialize)]
pub struct Chosen {
    release: Option<String>,
}

/// `GET /console/campaigns/new`.
pub async fn new(State(cx): State<Cx>, desk: Desk, Query(chosen): Query<Chosen>) -> Response {
    let release = chosen.release.as_deref().and_then(|text| Uuid::parse_str(text).ok());
    form(release, &desk, (&[], None), &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

type Again<'a> = (&'a [(String, String)], Option<&'a str>);

async fn form(chosen: Option<Uuid>, desk: &Desk, (filled, refused): Again<'_>, cx: &Cx) -> Result<Response> {
    let actor = desk.visitor.actor();
    actor.permit(CreateCampaign, Subject::of(desk.visitor.organisation.row))?;
    // the newest first; what lies further back is chosen from its own page
    let mut found = release::list_with_products(None, (0, PAGE), actor, cx).await?;
    found.reverse();
    if let Some(uid) = chosen.filter(|uid| found.iter().all(|one| one.0.release.uid != *uid)) {
        found.insert(0, release::by_uid_with_product(uid, actor, cx).await?);
    }
    let name = |one: &page::Of| (one.0.release.uid, one.1.model.clone(), one.0.release.version.clone());
    let releases: Vec<_> = found.iter().map(name).collect();
    let offer = Offer { releases: &releases, chosen, filled, refused, form: desk.token() };
    Ok(desk.show(&page::form(&desk.place(), &offer)))
}

/// `POST /console/campaigns`.
pub async fn create(State(cx): State<Cx>, Posted { desk, form: sent }: Posted<filled::Filled>) -> Response {
    let made = async { campaign::create(sent.asked()?, None, desk.visitor.actor(), &cx).await };
    match made.await {
        Ok(progress) => desk.to(&format!("/console/campaigns/{}", progress.campaign.uid)),
        Err(error) if error.is_mistake() => {
            let (release, fields) = (sent.release(), sent.fields());
            let page = form(release, &desk, (&fields, Some(refusal::words(&error, &desk))), &cx).await;
            desk.again(page, error)
        }
        Err(error) => desk.refuse(error),
    }
}

async fn act(text: &str, act: Act, desk: &Desk, cx: &Cx) -> Response {
    let done = async { campaign::act(id(text, "campaign")?, act, desk.visitor.actor(), cx).await };
    desk.done(done.await.map(drop), &format!("/console/campaigns/{text}"))
}

/// `POST /console/campaigns/{id}/pause`.
pub async fn pause(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    act(&text, Act::Pause, &desk, &cx).await
}

/// `POST /console/campaigns/{id}/resume`.
pub async fn resume(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    act(&text, Act::Resume, &desk, &cx).await
}

/// Why a campaign is ended.
#[derive(Deserialize)]
pub struct Ending {
    reason: String,
}

/// `POST /console/campaigns/{id}/cancel`.
pub async fn cancel(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, form }: Posted<Ending>) -> Response {
    let reason = Some(form.reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    act(&text, Act::Cancel(reason), &desk, &cx).await
}
