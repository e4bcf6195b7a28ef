//! Findings in the console: handlers.

use crate::desk::{Desk, Posted};
use crate::page::finding::{self as page, Listed, Shown};
use crate::product::{PAGE, id};
use crate::refusal;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::finding::FindingState;
use tegata_domain::permit::Operation::CloseFinding;
use tegata_usecase::{Cx, Result, cursor, finding};

/// Which findings a list shows.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
    state: Option<String>,
}

/// `GET /console/findings`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(asked): Query<Asked>) -> Response {
    listed(&asked, &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn listed(asked: &Asked, desk: &Desk, cx: &Cx) -> Result<Response> {
    let after = cursor::decode(asked.after.as_deref(), cx)?;
    let state = asked.state.as_deref().and_then(FindingState::by_name).unwrap_or(FindingState::Open);
    let all = finding::list(Some(state), (after, PAGE), desk.visitor.actor(), cx).await?;
    let rows: Vec<i64> = all.iter().map(|one| one.cursor).collect();
    let next = desk.turn(&rows, PAGE, cx)?;
    let listed = Listed { all: &all, open: state == FindingState::Open, next: next.as_deref() };
    Ok(desk.show(&page::list(&desk.place(), &listed)))
}

/// `GET /console/findings/{id}`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    one(&text, &desk, None, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn one(text: &str, desk: &Desk, refused: Option<&str>, cx: &Cx) -> Result<Response> {
    let seen = finding::by_uid(id(text, "finding")?, desk.visitor.actor(), cx).await?;
    let shown = Shown { seen: &seen, words: None, refused, form: desk.form(CloseFinding) };
    Ok(desk.show(&page::one(&desk.place(), &shown)))
}

/// What became of it.
#[derive(Deserialize)]
pub struct Closing {
    reason: String,
}

/// `POST /console/findings/{id}/close`.
pub async fn close(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, form }: Posted<Closing>) -> Response {
    let closed = async { finding::close(id(&text, "finding")?, &form.reason, desk.visitor.actor(), &cx).await };
    match closed.await {
        Ok(_) => desk.to("/console/findings"),
        Err(error) if error.is_mistake() => {
            let page = one(&text, &desk, Some(refusal::words(&error, &desk)), &cx).await;
            desk.again(page, error)
        }
        Err(error) => desk.refuse(error),
    }
}
