//! `GET /api/v1/campaigns/{id}/actions`: each device's way.

use super::id;
use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};
use tegata_domain::action::Action;
use tegata_domain::number::Number;
use tegata_usecase::{Cx, campaign};

fn view((number, a, said): &(Number, Action, Option<String>)) -> (i64, Value) {
    let at = |at: Option<tegata_domain::time::Timestamp>| at.map(|at| at.rfc3339());
    let progress = a.progress.map(|(step, steps)| json!({ "step": step, "of": steps }));
    let value = json!({
        "id": a.row.0.to_string(), "number": number.to_string(), "group": a.group, "state": a.state,
        "reason": a.reason, "code": a.code, "progress": progress, "messages": a.entries, "said": said,
        "offered_at": a.offered_at.rfc3339(), "begun_at": at(a.begun_at), "installed_at": at(a.installed_at),
        "deadline": at(a.deadline), "closed_at": at(a.closed_at),
    });
    (a.device.0, value)
}

/// Lists them in the order of the devices.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
    page: Page,
) -> Result<Response, Status> {
    let all = campaign::actions(id(&text)?, (page.after, page.limit), &actor, &cx).await?;
    page.reply(all.iter().map(view).collect(), &cx)
}
