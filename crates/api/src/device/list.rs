//! `GET /api/v1/devices`: those that one's organisation made or owns.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::{Cx, device};

/// Lists devices.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = device::list(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|seen| (seen.device.row.0, super::view(seen))).collect(), &cx)
}
