//! `GET /api/v1/findings`: what somebody should look at.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use tegata_usecase::{Cx, finding};

/// Lists findings.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = finding::list(page.after, page.limit, &actor, &cx).await?;
    let view = |(row, f): (i64, tegata_domain::finding::Finding)| {
        let at = f.at.rfc3339();
        (row, json!({ "id": f.uid, "kind": f.kind, "level": f.level, "at": at, "data": f.data }))
    };
    page.reply(all.into_iter().map(view).collect(), &cx)
}
