//! Acts on many devices in the console: handlers.

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::console::bulk::{self as page, Shown};
use crate::product::id;
use crate::refusal;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::bulk::BulkState;
use tegata_domain::filter::Filter;
use tegata_domain::permit::Operation::PrepareBulk;
use tegata_usecase::bulk::{self, Asked};
use tegata_usecase::device::Act;
use tegata_usecase::{Cx, Error, Result, cursor, release, tally};

/// Bulks of one page.
const PAGE: u32 = 50;
/// Devices of one page.
const DEVICES: u32 = 25;

/// `GET /console/bulks`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    listed(&from, &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn listed(from: &From, desk: &Desk, cx: &Cx) -> Result<Response> {
    let before = cursor::decode(from.after.as_deref(), cx)?;
    let all = bulk::list(before, PAGE, desk.visitor.actor(), cx).await?;
    let rows: Vec<i64> = all.iter().map(|one| one.bulk.row.0).collect();
    let next = desk.turn(&rows, PAGE, cx)?;
    Ok(page::list(desk, &all, next))
}

/// What is to be done to which devices.
#[derive(Deserialize)]
pub struct New {
    act: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    query: String,
}

/// `POST /console/bulks`: nothing is done yet.
pub async fn prepare(State(cx): State<Cx>, Posted { desk, form }: Posted<New>) -> Response {
    let made = async {
        let act = Act::by_name(&form.act).ok_or_else(|| Error::not_found("act"))?;
        let filter = Filter::parse(&form.query).map_err(|e| Error::invalid("filter", e))?;
        bulk::create(Asked { act, reason: form.reason, filter }, None, desk.visitor.actor(), &cx).await
    };
    match made.await {
        Ok(made) => desk.to(&format!("/console/bulks/{}", made.uid)),
        Err(error) => desk.refuse(error),
    }
}

/// Which of its devices are shown.
#[derive(Deserialize, Default)]
pub struct Part {
    after: Option<String>,
    passed: Option<String>,
}

/// `GET /console/bulks/{id}`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>, Query(part): Query<Part>) -> Response {
    one(&text, &part, (&desk, None), &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn one(text: &str, part: &Part, (desk, refused): (&Desk, Option<&Error>), cx: &Cx) -> Result<Response> {
    let (uid, actor) = (id(text, "bulk")?, desk.visitor.actor());
    let (seen, places) = bulk::by_uid(uid, actor, cx).await?;
    let (after, passed) = (cursor::decode(part.after.as_deref(), cx)?, part.passed.is_some());
    let devices = bulk::devices(uid, passed, (after, DEVICES), actor, cx).await?;
    let rows: Vec<i64> = devices.iter().map(|one| one.row).collect();
    let next = desk.turn(&rows, DEVICES, cx)?;
    let form = desk.form(PrepareBulk).filter(|_| desk.may(seen.act.operation()));
    let names = names(&seen.bulk.filter, desk, cx).await?;
    let said = refused.map(|error| refusal::words(error, desk));
    let miscounted = refused.is_some_and(|error| error.case == Some("bulk.count"));
    Ok(page::one(
        desk,
        &Shown {
            seen: &seen,
            places: &places,
            devices: &devices,
            passed,
            next,
            form,
            names,
            refused: said,
            miscounted,
        },
    ))
}

/// What a filter says by ids, in names: product, release, published before.
async fn names(filter: &Filter, desk: &Desk, cx: &Cx) -> Result<[Option<String>; 3]> {
    let actor = desk.visitor.actor();
    let product = match filter.product {
        Some(uid) => tally::products(actor, cx).await?.into_iter().find(|product| product.uid == uid),
        None => None,
    };
    let mut versions = [None, None];
    for (version, uid) in versions.iter_mut().zip([filter.release, filter.older]) {
        let Some(uid) = uid else { continue };
        *version = release::by_uid(uid, actor, cx).await.ok().map(|found| found.release.version.clone());
    }
    let [release, older] = versions;
    Ok([product.map(|product| format!("{} {}", product.name, product.model)), release, older])
}

/// The number that was typed.
#[derive(Deserialize)]
pub struct Confirmed {
    #[serde(default)]
    count: String,
}

/// The number as people type it: with commas or spaces, in the wide figures of a Japanese keyboard.
fn typed(text: &str) -> Option<u64> {
    let figure = |c: char| match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        _ => None,
    };
    let between = |c: &char| matches!(c, ',' | '，' | '、' | '.' | '\'' | '\u{2019}' | '_') || c.is_whitespace();
    let figures: Option<String> = text.chars().filter(|c| !between(c)).map(figure).collect();
    figures?.parse().ok()
}

/// `POST /console/bulks/{id}/start`.
pub async fn start(
    State(cx): State<Cx>,
    Path(text): Path<String>,
    Posted { desk, form }: Posted<Confirmed>,
) -> Response {
    let count = typed(&form.count).unwrap_or_default();
    let started = async { bulk::start(id(&text, "bulk")?, count, desk.visitor.actor(), &cx).await };
    match started.await {
        Ok(_) => desk.to(&format!("/console/bulks/{text}")),
        Err(error) if error.is_mistake() => {
            let page = one(&text, &Part::default(), (&desk, Some(&error)), &cx).await;
            desk.again(page, error)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/bulks/{id}/stop`.
pub async fn stop(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let done = async { bulk::stop(id(&text, "bulk")?, desk.visitor.actor(), &cx).await };
    desk.done(done.await.map(drop), &format!("/console/bulks/{text}"))
}

/// `POST /console/bulks/{id}/resume`.
pub async fn resume(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let done = async { bulk::resume(id(&text, "bulk")?, desk.visitor.actor(), &cx).await };
    desk.done(done.await.map(drop), &format!("/console/bulks/{text}"))
}

/// The mark of a bulk: it moves with its state and its devices.
pub(crate) async fn mark(text: &str, desk: &Desk, cx: &Cx) -> Result<String> {
    let (seen, _) = bulk::by_uid(id(text, "bulk")?, desk.visitor.actor(), cx).await?;
    let (bulk, counts) = (&seen.bulk, seen.bulk.counts);
    let over = u8::from(matches!(bulk.state, BulkState::Stopped | BulkState::Finished));
    Ok(format!("{}.{}.{}.{}.{over}", bulk.moves, counts.looked(), counts.done, counts.passed))
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn numbers_as_people_type_them() {
        for (text, count) in [
            ("198204", Some(198_204)),
            (" 198,204 ", Some(198_204)),
            ("１９８，２０４", Some(198_204)),
            ("198 204", Some(198_204)),
            ("198.204", Some(198_204)),
            ("", None),
            ("all", None),
            ("1e5", None),
            ("-5", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(typed(text), count, "{text}");
        }
    }
}
