//! Releases in the console: handlers. Publishing stays with the command: signing keys do not belong in a browser.

use crate::desk::Desk;
use crate::page::release::{self as page, Listed, Shown};
use crate::product::{PAGE, id};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::filter::Filter;
use tegata_domain::permit::Operation::{CreateCampaign, PublishRelease};
use tegata_usecase::device::{Counted, count};
use tegata_usecase::{Cx, Error, Result, cursor, release};

/// Which releases a list shows.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
    product: Option<String>,
}

/// `GET /console/releases`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(asked): Query<Asked>) -> Response {
    listed(&asked, &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn listed(asked: &Asked, desk: &Desk, cx: &Cx) -> Result<Response> {
    let after = cursor::decode(asked.after.as_deref(), cx)?;
    let product = asked.product.as_deref().map(|text| id(text, "product")).transpose()?;
    let all = release::list_with_products(product, (after, PAGE), desk.visitor.actor(), cx).await?;
    let rows: Vec<i64> = all.iter().map(|one| one.0.release.row.0).collect();
    let next = desk.turn(&rows, PAGE, cx)?;
    let listed = Listed { all: &all, product, next: next.as_deref(), may_publish: desk.may(PublishRelease) };
    Ok(desk.show(&page::list(&desk.place(), &listed)))
}

/// `GET /console/releases/{id}`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    let found = async {
        let one = release::by_uid_with_product(id(&text, "release")?, desk.visitor.actor(), &cx).await?;
        let runs = Some(runs(&one, &desk, &cx).await?);
        let shown = Shown { one: &one, runs, may_begin: desk.may(CreateCampaign) };
        Ok(desk.show(&page::one(&desk.place(), &shown)))
    };
    found.await.unwrap_or_else(|error: Error| desk.refuse(error))
}

/// Of the devices of its product within reach, how many run it.
async fn runs(one: &page::Of, desk: &Desk, cx: &Cx) -> Result<page::Runs> {
    let all = Filter { product: Some(one.1.uid), ..Filter::default() };
    let run = Filter { release: Some(one.0.release.uid), ..all };
    Ok(page::Runs { devices: counted(&run, desk, cx).await?, all: counted(&all, desk, cx).await? })
}

async fn counted(filter: &Filter, desk: &Desk, cx: &Cx) -> Result<u64> {
    match count(filter, desk.visitor.actor(), cx).await? {
        Counted::Exactly(devices) | Counted::AtMost(devices) => Ok(devices),
    }
}
