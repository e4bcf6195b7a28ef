//! `GET /api/v1/invitations`: those of one's organisation, in the order in which they were made.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::{Cx, invitation};

/// Lists them.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page) -> Result<Response, Status> {
    let all = invitation::list_after(page.after, page.limit, &actor, &cx).await?;
    page.reply(all.iter().map(|x| (x.row.0, super::view(x))).collect(), &cx)
}
