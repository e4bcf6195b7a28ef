//! API tokens in the console: handlers.

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::console::tokens::{self, Filled};
use crate::page::console::{Area, once};
use crate::refusal;
use crate::sentence::{Slot, sentence};
use crate::texts::account::Account;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use tegata_domain::permit::Role;
use tegata_domain::token::Token;
use tegata_usecase::token::{NewToken, create, end, list};
use tegata_usecase::{Cx, Error, Result, cursor};
use uuid::Uuid;

/// Rows of one page.
const PAGE: u32 = 100;

/// `GET /console/tokens`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    page(&from, Filled::default(), &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn page(from: &From, filled: Filled<'_>, desk: &Desk, cx: &Cx) -> Result<Response> {
    let (found, next) = read(from, desk, cx).await?;
    Ok(tokens::render(desk, (&found, next), filled, cx.reading()?))
}

async fn read(from: &From, desk: &Desk, cx: &Cx) -> Result<(Vec<Token>, Option<String>)> {
    let after = cursor::decode(from.after.as_deref(), cx)?;
    let found = list(after, PAGE, desk.visitor.actor(), cx).await?;
    let last = found.last().filter(|_| found.len() == PAGE as usize);
    let next = last.map(|last| cursor::encode(last.row.0, cx)).transpose()?;
    Ok((found, next.map(|cursor| desk.next(&cursor))))
}

/// What is filled in for a new token.
#[derive(Deserialize)]
pub struct New {
    name: String,
    role: Role,
    days: u64,
}

/// `POST /console/tokens`: its secret stands on the answer, and nowhere else.
pub async fn make(State(cx): State<Cx>, Posted { desk, form }: Posted<New>) -> Response {
    if let Err(error) = desk.visitor.fresh(&cx) {
        return desk.refuse(error);
    }
    let life = Duration::from_secs(form.days.min(1000) * 24 * 3600);
    match create(NewToken { name: form.name.clone(), role: form.role, life }, desk.visitor.actor(), &cx).await {
        Ok((token, secret)) => {
            let a = Account::of(desk.place().language());
            let name = sentence(&a.once.token, &[("name", Slot::Name(&token.name))]);
            let shown = once::Shown { name, secret, note: None, back: "/console/tokens".into() };
            once::render(&desk, Area::Organisation, &shown)
        }
        Err(error) if error.is_mistake() => {
            let refused = Some(refusal::words(&error, &desk));
            let filled = Filled { name: &form.name, role: form.role, days: form.days, refused };
            let page = page(&From { after: None }, filled, &desk, &cx).await;
            desk.again(page, error)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/tokens/{id}/end`.
pub async fn finish(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("token")) };
    desk.done(end(uid, desk.visitor.actor(), &cx).await, "/console/tokens")
}
