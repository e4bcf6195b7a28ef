//! What a device tells of itself.

use super::{Refusal, Who, reply, request};
use axum::extract::{Request, State};
use axum::response::Response;
use tegata_usecase::action::Mode;
use tegata_usecase::{Cx, action};
use tegata_wire::ddi;

/// `PUT configData`. Its key `version` is the version that the device runs.
pub async fn put(State(cx): State<Cx>, who: Who, request: Request) -> Result<Response, Refusal> {
    let said = ddi::request::ConfigData::parse(&request::body(request).await?)?;
    let who = who.again(&cx).await?;
    let mode = match said.mode {
        ddi::request::Mode::Merge => Mode::Merge,
        ddi::request::Mode::Replace => Mode::Replace,
        ddi::request::Mode::Remove => Mode::Remove,
    };
    action::attributes(&who.device, mode, said.data, &cx).await?;
    Ok(reply::taken())
}
