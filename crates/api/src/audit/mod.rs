//! `GET /api/v1/audit`: who did what.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use tegata_usecase::{Cx, audit};

/// Lists the audit.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = audit::list(page.after, page.limit, &actor, &cx).await?;
    let view = |(row, e): (i64, tegata_domain::audit::AuditEntry)| {
        let at = e.at.rfc3339();
        (row, json!({ "at": at, "actor": e.actor, "operation": e.operation, "subject": e.subject }))
    };
    page.reply(all.into_iter().map(view).collect(), &cx)
}
