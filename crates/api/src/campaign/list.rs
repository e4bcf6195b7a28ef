//! `GET /api/v1/campaigns`: those of one's organisation.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::{Cx, campaign};

/// Lists them.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = campaign::list(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|progress| (progress.campaign.row.0, super::view(progress))).collect(), &cx)
}
