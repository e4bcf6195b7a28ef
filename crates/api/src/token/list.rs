//! `GET /api/v1/tokens`: those of one's organisation.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::{Cx, token};

/// Lists them.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = token::list(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|x| (x.row.0, super::view(x))).collect(), &cx)
}
