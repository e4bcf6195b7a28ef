//! `GET /api/v1/devices`: those that one's organisation made or owns, or the one with a serial number.

use crate::caller::Caller;
use crate::page::Page;
use crate::status::Status;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, device};

/// What one device is found by; both together.
#[derive(Deserialize)]
pub struct Sought {
    product: Option<String>,
    serial: Option<String>,
}

impl Sought {
    fn both(&self) -> Result<Option<(Uuid, &str)>, Error> {
        match (&self.product, &self.serial) {
            (None, None) => Ok(None),
            (Some(product), Some(serial)) => match product.parse() {
                Ok(product) => Ok(Some((product, serial))),
                Err(_) => Err(Error::invalid("product", "product is the id of one, as the list of products gives it")),
            },
            _ => Err(Error::invalid("serial", "serial and product are given together: serial numbers are the maker's")),
        }
    }
}

/// Lists devices.
pub async fn get(State(cx): State<Cx>, Caller(actor): Caller, page: Page, uri: Uri) -> Result<Response, Status> {
    let sought: Query<Sought> =
        Query::try_from_uri(&uri).map_err(|_| Error::invalid("page", "product and serial are given once each"))?;
    let all = match sought.both()? {
        Some((product, serial)) => device::by_serial(product, serial, &actor, &cx).await?.into_iter().collect(),
        None => device::list(page.after, page.limit, &actor, &cx).await?,
    };
    page.reply(all.iter().map(|seen| (seen.device.row.0, super::view(seen))).collect(), &cx)
}
