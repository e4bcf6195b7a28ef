//! Products in the console: handlers.

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::product::{self as page, Filled, Listed, Shown};
use crate::refusal;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::id::Uuid;
use tegata_domain::permit::Operation::{CreateProduct, CreateReleaseKey, ReadReleaseKey};
use tegata_domain::product::{CredentialPolicy, NewProduct, Product, Sector};
use tegata_usecase::{Cx, Error, Result, cursor, product, release};

/// Rows of one page.
pub(crate) const PAGE: u32 = 100;

/// An id of an address; what is none belongs to nothing.
pub(crate) fn id(text: &str, noun: &'static str) -> Result<Uuid> {
    Uuid::parse_str(text).map_err(|_| Error::not_found(noun))
}

/// `GET /console/products`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    listed(&from, &desk, (Filled::default(), None), &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn listed(from: &From, desk: &Desk, (filled, refused): (Filled<'_>, Option<&str>), cx: &Cx) -> Result<Response> {
    let after = cursor::decode(from.after.as_deref(), cx)?;
    let all = product::list(after, PAGE, desk.visitor.actor(), cx).await?;
    let rows: Vec<i64> = all.iter().map(|one| one.row.0).collect();
    let next = desk.turn(&rows, PAGE, cx)?;
    let form = desk.form(CreateProduct);
    let listed = Listed { all: &all, next: next.as_deref(), form, filled, refused };
    Ok(desk.show(&page::list(&desk.place(), &listed)))
}

/// What is filled in for a new product.
#[derive(Deserialize)]
pub struct New {
    name: String,
    model: String,
    gtin: String,
    sector: String,
    support_end: String,
    support_reason: String,
    contact: String,
    credential: String,
}

/// A word of the API, as a form sends it.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    let wrong = |_| refusal::invalid("product.choice");
    serde_json::from_value(text.into()).map_err(wrong)
}

fn new(form: &New) -> Result<NewProduct> {
    let said = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    Ok(NewProduct {
        name: form.name.clone(),
        model: form.model.clone(),
        gtin: form.gtin.trim().to_owned(),
        sector: word::<Sector>(&form.sector)?,
        support_end: form.support_end.trim().to_owned(),
        support_reason: said(&form.support_reason),
        contact: said(&form.contact),
        credential: word::<CredentialPolicy>(&form.credential)?,
    })
}

/// `POST /console/products`.
pub async fn register(State(cx): State<Cx>, Posted { desk, form }: Posted<New>) -> Response {
    let made = async { product::register(new(&form)?, None, desk.visitor.actor(), &cx).await };
    match made.await {
        Ok(product) => desk.to(&format!("/console/products/{}", product.uid)),
        Err(error) if error.is_mistake() => {
            let filled = Filled {
                name: &form.name,
                model: &form.model,
                gtin: &form.gtin,
                sector: &form.sector,
                support_end: &form.support_end,
                support_reason: &form.support_reason,
                contact: &form.contact,
                credential: &form.credential,
            };
            let page = listed(&From { after: None }, &desk, (filled, Some(refusal::words(&error, &desk))), &cx).await;
            desk.again(page, error)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `GET /console/products/{id}`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    match async { product::by_uid(id(&text, "product")?, desk.visitor.actor(), &cx).await }.await {
        Ok(product) => one(&product, &desk, None, &cx).await.unwrap_or_else(|error| desk.refuse(error)),
        Err(error) => desk.refuse(error),
    }
}

async fn one(product: &Product, desk: &Desk, refused: Option<&str>, cx: &Cx) -> Result<Response> {
    let keys = match desk.may(ReadReleaseKey) {
        true => Some(release::keys(product.uid, (0, PAGE), desk.visitor.actor(), cx).await?),
        false => None,
    };
    // whoever may read a product here is its maker
    let maker = &desk.visitor.organisation.name;
    let form = desk.form(CreateReleaseKey);
    let shown = Shown { product, maker, keys: keys.as_deref(), now: cx.reading()?, refused, form };
    Ok(desk.show(&page::one(&desk.place(), &shown)))
}

/// A key to be added.
#[derive(Deserialize)]
pub struct NewKey {
    public_key: String,
}

/// `POST /console/products/{id}/keys`.
pub async fn add_key(
    State(cx): State<Cx>,
    Path(text): Path<String>,
    Posted { desk, form }: Posted<NewKey>,
) -> Response {
    let added = async { release::register(id(&text, "product")?, &form.public_key, desk.visitor.actor(), &cx).await };
    desk.done(added.await.map(drop), &format!("/console/products/{text}"))
}

/// `POST /console/products/{id}/keys/{key}/end`.
pub async fn end_key(
    State(cx): State<Cx>,
    Path((text, key)): Path<(String, String)>,
    Posted { desk, .. }: Posted<Nothing>,
) -> Response {
    let ended = async {
        let (product, key) = (id(&text, "product")?, id(&key, "key")?);
        release::end(product, key, desk.visitor.actor(), &cx).await
    };
    desk.done(ended.await, &format!("/console/products/{text}"))
}
