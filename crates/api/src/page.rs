//! Lists: `cursor` and `limit` in, `items` and `next` out.

use crate::status::Status;
use axum::extract::{FromRequestParts, Query};
use axum::response::{IntoResponse, Response};
use http::Uri;
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

/// What the query of a list says.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Where it goes on.
    pub cursor: Option<String>,
    /// How much of it.
    pub limit: Option<u32>,
}

impl Asked {
    /// Reads the query of an address.
    pub fn of(uri: &Uri) -> Result<Self, Error> {
        let asked: Query<Asked> = Query::try_from_uri(uri)
            .map_err(|_| Error::invalid("page", "limit is a number from 1 to 1000, cursor what a list gave as next"))?;
        if !(1..=1000).contains(&asked.limit()) {
            return Err(Error::invalid("limit", "limit is 1 to 1000"));
        }
        Ok(asked.0)
    }

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(100)
    }
}

impl FromRequestParts<Cx> for Page {
    type Rejection = Status;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Status> {
        let asked = Asked::of(&parts.uri)?;
        Ok(Page { after: cursor::decode(asked.cursor.as_deref(), cx)?, limit: asked.limit() })
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
