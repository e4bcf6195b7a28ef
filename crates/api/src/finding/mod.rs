//! `GET /api/v1/findings`: what somebody should look at.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use tegata_domain::finding::Finding;
use tegata_usecase::{Cx, finding};

pub(crate) fn view(f: &Finding) -> Value {
    json!({ "id": f.uid, "kind": f.kind, "level": f.level, "at": f.at.rfc3339(), "data": f.data })
}

/// Lists findings.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = finding::list(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|(row, finding)| (*row, view(finding))).collect(), &cx)
}
