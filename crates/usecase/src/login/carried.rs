//! What a browser carries from one step to the next: sealed under a label of the step, and good for some minutes, so that
//! no memory is needed and any node opens it.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use data_encoding::BASE64URL_NOPAD;
use std::time::Duration;
use tegata_domain::time::Timestamp;
use zeroize::Zeroizing;

/// It took too long, or was begun elsewhere.
pub(crate) fn over() -> Error {
    Error::new(Kind::NoCredential, "ticket", "that took too long, or was begun in another browser; begin anew")
}

/// Seals what a step leaves for the next one.
pub(crate) fn carry(label: &str, left: &[u8], life: Duration, cx: &Inner) -> Result<String> {
    let until = cx.reading()?.plus(life).millis().to_be_bytes();
    let plain = Zeroizing::new([&until[..], left].concat());
    Ok(BASE64URL_NOPAD.encode(&cx.seal.seal(label, &plain)?))
}

/// Opens what [`carry`] sealed under the same label, while its time is not over.
pub(crate) fn carried(label: &str, text: &str, cx: &Inner) -> Result<Zeroizing<Vec<u8>>> {
    let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| over())?;
    let mut plain = cx.seal.open(label, &sealed).map_err(|_| over())?;
    let until = plain.first_chunk().map(|until| Timestamp::from_millis(i64::from_be_bytes(*until)));
    if until.is_none_or(|until| cx.reading().is_ok_and(|now| now >= until)) {
        return Err(over());
    }
    cx.reading()?;
    plain.drain(..8);
    Ok(plain)
}
