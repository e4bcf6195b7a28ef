//! `GET /api/v1/releases`: those of one's organisation; with `product`, those of a product that one makes or owns.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, release};

/// The query.
#[derive(Deserialize)]
pub struct Asked {
    product: Option<String>,
}

/// Lists them.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Query(asked): Query<Asked>,
    page: Page,
) -> Result<Response, Status> {
    let product = asked.product.map(|id| Uuid::parse_str(&id).map_err(|_| Error::not_found("product"))).transpose()?;
    let all = release::list(product, (page.after, page.limit), &actor, &cx).await?;
    page.reply(all.iter().map(|published| (published.release.row.0, super::view(published))).collect(), &cx)
}
