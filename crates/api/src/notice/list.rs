//! `GET /api/v1/notices`: what one was told, and whether it was read.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::{Cx, notice};

/// Lists notices.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = notice::list(page.after, page.limit, &actor, &cx).await?;
    let view = |seen: &notice::Seen| (seen.row, super::view(&seen.notice, seen.number.map(|n| n.to_string())));
    page.reply(all.iter().map(view).collect(), &cx)
}
