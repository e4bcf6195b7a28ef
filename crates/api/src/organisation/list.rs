//! `GET /api/v1/organisations`: one's own, or all for the platform.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::{Cx, organisation};

/// Lists organisations.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = organisation::list(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|o| (o.row.0, super::view(o))).collect(), &cx)
}
