//! API tokens in the console: handlers.

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::console::{Area, once, tokens};
use crate::sentence::{Slot, sentence};
use crate::texts::account::Account;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;
use tegata_domain::token::Token;
use tegata_usecase::token::{NewToken, create, end, list};
use tegata_usecase::{Cx, Error, Result, cursor};
use uuid::Uuid;

/// Rows of one page.
const PAGE: u32 = 100;

/// `GET /console/tokens`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    match read(&from, &desk, &cx).await {
        Ok((found, next)) => tokens::render(&desk, &found, next, cx.reading().unwrap_or(Timestamp::NEVER)),
        Err(error) => desk.refuse(error),
    }
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
    match create(NewToken { name: form.name, role: form.role, life }, desk.visitor.actor(), &cx).await {
        Ok((token, secret)) => {
            let a = Account::of(desk.place().language());
            let name = sentence(&a.once.token, &[("name", Slot::Name(&token.name))]);
            let shown = once::Shown { name, secret, note: None, back: "/console/tokens" };
            once::render(&desk, Area::Organisation, &shown)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/tokens/{id}/end`.
pub async fn finish(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("token")) };
    desk.done(end(uid, desk.visitor.actor(), &cx).await, "/console/tokens")
}
