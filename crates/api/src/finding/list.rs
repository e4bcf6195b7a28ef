//! `GET /api/v1/findings?state=open|closed`: what somebody should look at, or did.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::finding::FindingState;
use tegata_usecase::{Cx, Error, finding};

/// The query, beside the page.
#[derive(Deserialize)]
pub struct Asked {
    state: Option<String>,
}

/// Lists findings.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    page: Page,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Status> {
    let wrong = || Error::invalid("state", "state is open or closed");
    let Query(asked) = asked.map_err(|_| wrong())?;
    let state = asked.state.map(|name| FindingState::by_name(&name).ok_or_else(wrong)).transpose()?;
    let all = finding::list(state, (page.after, page.limit), &actor, &cx).await?;
    page.reply(all.iter().map(|f| (f.cursor, super::view_with(&f.finding, f.number))).collect(), &cx)
}
