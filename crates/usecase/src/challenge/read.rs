//! What is known of a question to a device.

use crate::cx::Inner;
use crate::error::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::net::IpAddr;
use tegata_domain::challenge::{Challenge, NONCE, Signed};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// A nonce as it is sent and signed.
pub(super) fn text(nonce: &[u8; NONCE]) -> String {
    URL_SAFE_NO_PAD.encode(nonce)
}

/// The nonce that a device is to sign now, for its heartbeat.
pub(crate) async fn waiting(device: DeviceRow, now: Timestamp, cx: &Inner) -> Result<Option<String>> {
    let known = cx.store.challenge().of_device(device).await?;
    let waits = |asked: &Challenge| asked.waits(now, cx.settings.heartbeat);
    Ok(known.filter(waits).map(|asked| text(&asked.nonce)))
}

/// What is told at `now`, and whether it was asked from the network of `reader`.
pub(crate) async fn signed(
    device: DeviceRow,
    reader: Option<IpAddr>,
    now: Timestamp,
    cx: &Inner,
) -> Result<(Signed, bool)> {
    let known = cx.store.challenge().of_device(device).await?;
    let told = Signed::of(known.as_ref(), now, cx.settings.heartbeat);
    let here = reader.zip(known.as_ref()).and_then(|(reader, asked)| cx.askers.is_near(asked, reader));
    Ok((told, here == Some(true)))
}
