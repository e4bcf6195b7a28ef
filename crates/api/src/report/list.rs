//! `GET /api/v1/devices/{number}/reports`: what people say who looked the device up.

use crate::caller::Caller;
use crate::device::number;
use crate::page::Page;
use crate::status::Status;
use axum::extract::{Path, State};
use axum::response::Response;
use tegata_usecase::{Cx, report};

/// Lists reports, oldest first.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
    page: Page,
) -> Result<Response, Status> {
    let all = report::list(number(&text)?, (page.after, page.limit), &actor, &cx).await?;
    page.reply(all.iter().map(|told| (told.cursor, super::view(&told.report))).collect(), &cx)
}
