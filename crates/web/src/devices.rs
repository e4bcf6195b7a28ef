//! The devices of an organisation in the console: handlers of the list, its search and its kept filters.

use crate::desk::{Desk, Nothing, Posted};
use crate::page::console::devices::{self, Asked, Shown};
use crate::refusal;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::filter::Filter;
use tegata_usecase::device::{count, find, search};
use tegata_usecase::{Cx, Error, Result, cursor, filter, release, tally};
use uuid::Uuid;

/// Rows of one page.
const PAGE: u32 = 50;

fn refused(error: &tegata_domain::filter::FilterError) -> Error {
    Error::invalid("filter", error.to_string())
}

/// What the address asks for: parts of a filter, a text to search for, a cursor.
fn asked(query: Option<&str>, cx: &Cx) -> Result<Asked> {
    let form = |_| refusal::invalid("filter");
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query.unwrap_or_default()).map_err(form)?;
    let value = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.trim());
    let parts = pairs.iter().filter(|(name, _)| Filter::is_part(name)).map(|(name, value)| (&**name, &**value));
    let filter = Filter::from_pairs(parts).map_err(|e| refused(&e))?;
    let text = value("q").filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Asked { filter, text, after: cursor::decode(value("after"), cx)? })
}

/// `GET /console/devices`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    match read(&desk, &cx).await {
        // who typed a whole number means that device
        Ok((Asked { text: Some(_), .. }, shown)) if shown.is_one() => {
            desk.to(&format!("/console/devices/{}", shown.devices[0].number))
        }
        Ok((asked, shown)) => devices::render(&desk, &asked, &shown),
        Err(error) => desk.refuse(error),
    }
}

async fn read(desk: &Desk, cx: &Cx) -> Result<(Asked, Shown)> {
    let (asked, actor) = (asked(desk.query(), cx)?, desk.visitor.actor());
    let kept = filter::list(&desk.visitor, cx).await?;
    let products = tally::products(actor, cx).await?;
    if let Some(text) = &asked.text {
        let devices = search(text, PAGE, actor, cx).await?;
        return Ok((asked, Shown { devices, kept, products, ..Shown::default() }));
    }
    let found = find(&asked.filter, asked.after, PAGE, actor, cx).await?;
    let counted = Some(count(&asked.filter, actor, cx).await?);
    let next = found.next.map(|row| cursor::encode(row, cx)).transpose()?;
    let versions = [version(asked.filter.release, desk, cx).await, version(asked.filter.older, desk, cx).await];
    let looked = found.cut.then_some(found.looked);
    Ok((asked, Shown { devices: found.devices, counted, next, looked, kept, products, versions }))
}

/// The version behind the id of a release that the visitor may read.
async fn version(release: Option<Uuid>, desk: &Desk, cx: &Cx) -> Option<String> {
    let found = release::by_uid(release?, desk.visitor.actor(), cx).await.ok()?;
    Some(found.release.version.clone())
}

/// A filter to keep.
#[derive(Deserialize)]
pub struct Keep {
    name: String,
    query: String,
}

/// `POST /console/filters`.
pub async fn keep(State(cx): State<Cx>, Posted { desk, form }: Posted<Keep>) -> Response {
    let kept = async {
        let parsed = Filter::parse(&form.query).map_err(|e| refused(&e))?;
        filter::keep(&form.name, parsed, &desk.visitor, &cx).await
    };
    match kept.await {
        Ok(kept) => desk.to_query("/console/devices", &kept.filter.unwrap_or_default().to_string()),
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/filters/{id}/end`.
pub async fn end(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("filter")) };
    desk.done(filter::end(uid, &desk.visitor, &cx).await, "/console/devices")
}
