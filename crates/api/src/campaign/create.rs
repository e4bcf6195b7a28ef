//! `POST /api/v1/campaigns` `{"release","select":{…},"groups":[…]}` → 201.

use crate::body::{Json, idempotency_key};
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tegata_domain::campaign::{Extent, NewCampaign, NewGroup, Selection};
use tegata_domain::device::Stage;
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_domain::product::Sector;
use tegata_domain::stop::Share;
use tegata_usecase::{Cx, Error, campaign};

/// The request; only `release` is needed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    release: String,
    #[serde(default)]
    select: Select,
    #[serde(default)]
    groups: Vec<Group>,
    forced: Option<bool>,
    #[serde(default, alias = "confirmation")]
    confirm: bool,
    deadline_minutes: Option<u64>,
    failure_limit: Option<f64>,
    least_answered: Option<u32>,
    at_once: Option<u32>,
}

/// Which devices.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Select {
    product: Option<String>,
    #[serde(default)]
    numbers: Vec<String>,
    stage: Option<String>,
    version: Option<String>,
    sector: Option<Sector>,
    percent: Option<f64>,
}

/// How far a group goes: a number is a percentage.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Group {
    /// In percent.
    Percent(f64),
    /// In full.
    Said(Said),
}

/// How far a group goes, in percent or devices, and when it is through.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    percent: Option<f64>,
    devices: Option<u32>,
    success: Option<u8>,
}

fn share(percent: f64, what: &str) -> Result<Share, Error> {
    let text = || format!("{what} is a percentage from 0.01 to 100 with at most two decimals");
    Share::percent(percent).ok_or_else(|| Error::invalid("percent", text()))
}

fn group(group: Group) -> Result<NewGroup, Error> {
    let said = match group {
        Group::Percent(percent) => Said { percent: Some(percent), devices: None, success: None },
        Group::Said(said) => said,
    };
    let extent = match (said.percent, said.devices) {
        (Some(percent), None) => Extent::Share(share(percent, "percent")?),
        (None, Some(devices)) => Extent::Devices(devices),
        _ => return Err(Error::invalid("groups", "a group says either percent or devices")),
    };
    Ok(NewGroup { extent, success: said.success })
}

fn id(text: &str, what: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(text).map_err(|_| Error::not_found(what))
}

impl TryFrom<Asked> for campaign::Asked {
    type Error = Error;

    fn try_from(asked: Asked) -> Result<Self, Error> {
        let select = asked.select;
        let stage = |name: String| {
            let known = Stage::ALL.into_iter().find(|stage| stage.name() == name);
            known.ok_or_else(|| Error::invalid("select", "stage is made, shipped, sold, installed or in_use"))
        };
        let number = |text: &String| {
            Number::parse(text).map_err(|_| Error::invalid("select", format!("{text:?} is no management number")))
        };
        let selection = Selection {
            devices: Vec::new(),
            stage: select.stage.map(stage).transpose()?,
            version: select.version,
            share: select.percent.map(|percent| share(percent, "percent")).transpose()?,
        };
        let new = NewCampaign {
            selection,
            groups: asked.groups.into_iter().map(group).collect::<Result<_, _>>()?,
            forced: asked.forced,
            consent: asked.confirm,
            span: asked.deadline_minutes.map(|minutes| Duration::from_secs(minutes.saturating_mul(60))),
            limit: asked.failure_limit.map(|percent| share(percent, "failure_limit")).transpose()?,
            least: asked.least_answered,
            at_once: asked.at_once,
        };
        Ok(campaign::Asked {
            release: id(&asked.release, "release")?,
            product: select.product.map(|text| id(&text, "product")).transpose()?,
            sector: select.sector,
            numbers: select.numbers.iter().map(number).collect::<Result<_, _>>()?,
            new,
        })
    }
}

/// Creates a campaign.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let key = idempotency_key(&headers)?;
    let progress = campaign::create(asked.try_into()?, key, &actor, &cx).await?;
    Ok((StatusCode::CREATED, axum::Json(super::view(&progress))))
}
