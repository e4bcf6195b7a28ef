//! One's own connection with a provider of identity: handlers.
//!
//! Why the page holds the link and no form leads out: the same policy as where one logs in. Who is brought to this page by
//! another site still has to press the link, and to prove herself anew at the provider.

use crate::desk::{Desk, Nothing, Posted};
use crate::login::provider::along;
use crate::page::console::provider as page;
use axum::extract::State;
use axum::response::Response;
use http::header;
use tegata_usecase::login::outside;
use tegata_usecase::{Cx, Error};

/// Where the page is.
pub(crate) const HERE: &str = "/console/account/provider";

/// `GET /console/account/provider`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    let Some(name) = outside::name(&cx) else { return desk.refuse(Error::not_found("provider")) };
    match outside::is_connected(&desk.visitor, &cx).await {
        Ok(true) => return page::connected(&desk, name),
        Ok(false) => {}
        Err(error) => return desk.refuse(error),
    }
    match outside::connect(&desk.visitor, &cx).await {
        Ok((address, ticket)) => {
            let mut response = page::apart(&desk, name, &address);
            response.headers_mut().append(header::SET_COOKIE, along(&ticket, HERE));
            response
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/account/provider/end`.
pub async fn end(State(cx): State<Cx>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    desk.done(outside::disconnect(&desk.visitor, &cx).await, "/console/account")
}
