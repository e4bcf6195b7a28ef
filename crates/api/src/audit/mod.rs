//! `GET /api/v1/audit`: who did what.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use tegata_domain::audit::AuditEntry;
use tegata_usecase::{Cx, audit};

pub(crate) fn view(e: &AuditEntry) -> Value {
    json!({ "at": e.at.rfc3339(), "actor": e.actor, "operation": e.operation, "subject": e.subject })
}

/// Lists the audit.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = audit::list(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|(row, entry)| (*row, view(entry))).collect(), &cx)
}
