//! Batches in the console: handlers.

use crate::desk::{Desk, From, Posted};
use crate::page::batch::{self as page, Filled, Listed, Shown};
use crate::product::{PAGE, id};
use crate::refusal;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::batch::{Confirmation, NewBatch};
use tegata_domain::permit::Operation::CreateBatch;
use tegata_domain::time::Timestamp;
use tegata_usecase::{Cx, Error, Result, batch, cursor, product};

/// `GET /console/batches`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    listed(&from, &desk, (Filled::default(), None), &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

type Again<'a> = (Filled<'a>, Option<&'a str>);

async fn listed(from: &From, desk: &Desk, (filled, refused): Again<'_>, cx: &Cx) -> Result<Response> {
    let after = cursor::decode(from.after.as_deref(), cx)?;
    let actor = desk.visitor.actor();
    let all = batch::list_with_products(after, PAGE, actor, cx).await?;
    let rows: Vec<i64> = all.iter().map(|one| one.0.row.0).collect();
    let next = desk.turn(&rows, PAGE, cx)?;
    let form = desk.form(CreateBatch);
    let products = if form.is_some() { product::list(0, PAGE, actor, cx).await? } else { Vec::new() };
    let listed = Listed {
        all: &all,
        next: next.as_deref(),
        now: cx.reading()?,
        form: form.map(|token| (token, &products[..])),
        filled,
        refused,
    };
    Ok(desk.show(&page::list(&desk.place(), &listed)))
}

/// What is filled in for a new batch.
#[derive(Deserialize)]
pub struct New {
    product: String,
    quantity: String,
    confirmation: Confirmation,
    until: String,
}

fn new(form: &New) -> Result<NewBatch> {
    let digits: String = form.quantity.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    let quantity = digits.parse().map_err(|_| refusal::invalid("batch.quantity"))?;
    let day = |day: &str| Timestamp::parse(&format!("{day}T23:59:59Z")).ok_or_else(|| refusal::invalid("batch.until"));
    let until = Some(form.until.trim()).filter(|day| !day.is_empty()).map(day).transpose()?;
    Ok(NewBatch { quantity, confirmation: form.confirmation, valid_from: None, valid_until: until })
}

/// `POST /console/batches`.
pub async fn open(State(cx): State<Cx>, Posted { desk, form }: Posted<New>) -> Response {
    let opened =
        async { batch::open(id(&form.product, "product")?, new(&form)?, None, desk.visitor.actor(), &cx).await };
    match opened.await {
        Ok(batch) => desk.to(&format!("/console/batches/{}", batch.uid)),
        Err(error) if error.is_mistake() => {
            let filled = Filled {
                product: &form.product,
                quantity: &form.quantity,
                implied: form.confirmation == Confirmation::Implied,
                until: &form.until,
            };
            let filled = (filled, Some(refusal::words(&error, &desk)));
            let page = listed(&From { after: None }, &desk, filled, &cx).await;
            desk.again(page, error)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `GET /console/batches/{id}`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    let found = async {
        let seen = batch::by_uid(id(&text, "batch")?, desk.visitor.actor(), &cx).await?;
        let shown = Shown { seen: &seen, now: cx.reading()? };
        Ok(desk.show(&page::one(&desk.place(), &shown)))
    };
    found.await.unwrap_or_else(|error: Error| desk.refuse(error))
}
