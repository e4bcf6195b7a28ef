//! The audit in the console: handler.

use crate::desk::Desk;
use crate::page::console::audit;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_usecase::{Cx, cursor};

/// Rows of one page.
const PAGE: u32 = 100;

/// Which part of it.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
    #[serde(default)]
    act: String,
}

/// `GET /console/audit`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Query(asked): Query<Asked>) -> Response {
    let before = match cursor::decode(asked.after.as_deref(), &cx) {
        Ok(0) => None,
        Ok(row) => Some(row),
        Err(error) => return desk.refuse(error),
    };
    let only = Some(asked.act.as_str()).filter(|act| !act.is_empty());
    let found = tegata_usecase::audit::newest((before, PAGE), only, desk.visitor.actor(), &cx).await;
    let next = found.and_then(|(entries, next)| {
        let next = next.map(|row| cursor::encode(row, &cx)).transpose()?;
        Ok((entries, next.map(|cursor| desk.next(&cursor))))
    });
    match next {
        Ok((entries, next)) => audit::render(&desk, &entries, &asked.act, next),
        Err(error) => desk.refuse(error),
    }
}
