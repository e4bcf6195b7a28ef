//! Lists: `cursor` and `limit` in, `items` and `next` out.

use crate::status::Status;
use axum::extract::{FromRequestParts, Query};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use tegata_usecase::{Cx, Error, cursor};

/// Which part of a list is asked for.
pub struct Page {
    /// Rows after this one.
    pub after: i64,
    /// At most so many, 1–1000; 100 when absent.
    pub limit: u32,
}

#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl FromRequestParts<Cx> for Page {
    type Rejection = Status;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Status> {
        let asked: Query<Asked> = Query::try_from_uri(&parts.uri)
            .map_err(|_| Error::invalid("page", "limit is a number from 1 to 1000, cursor what a list gave as next"))?;
        let limit = asked.limit.unwrap_or(100);
        if !(1..=1000).contains(&limit) {
            return Err(Error::invalid("limit", "limit is 1 to 1000").into());
        }
        Ok(Page { after: cursor::decode(asked.cursor.as_deref(), cx)?, limit })
    }
}

impl Page {
    /// `{"items":[…],"next":CURSOR or null}` from rows with their views.
    pub fn reply(&self, rows: Vec<(i64, impl Serialize)>, cx: &Cx) -> Result<Response, Status> {
        let more = rows.len() == self.limit as usize;
        let next = match rows.last() {
            Some((row, _)) if more => Some(cursor::encode(*row, cx)?),
            Some(_) | None => None,
        };
        let items = rows.into_iter().map(|(_, view)| view).collect();
        Ok(axum::Json(Items { items, next }).into_response())
    }
}
