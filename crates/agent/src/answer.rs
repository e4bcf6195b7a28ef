//! Somebody looks at the device's page and asks it to sign now: it signs what the platform sent with the identity from
//! manufacture, and nothing else.
//!
//! Why no more: the statement names this device and that nonce, so it can be taken for nothing else, and says neither where
//! the device is nor whose.

use crate::cx::Cx;
use crate::enrol::idevid;
use crate::error::Result;
use crate::link::{Link, LinkError};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tegata_wire::challenge::Statement;

/// Asks an agent that runs to beat now: a button was pressed.
pub const NOW: &str = "beat.now";

/// Signs the nonce, and posts it over the connection of the heartbeat that brought it.
pub fn answer(cx: &Cx, link: &Link, number: &str, nonce: &str) -> Result<()> {
    let statement = Statement { number: number.to_owned(), nonce: nonce.to_owned() }.to_string();
    let signature = BASE64_STANDARD.encode(idevid(cx)?.sign(statement.as_bytes())?);
    let body = json!({ "statement": statement, "signature": signature });
    link.post(&link.url("/agent/v1/answer"), &body).map(drop).map_err(LinkError::judged)
}
