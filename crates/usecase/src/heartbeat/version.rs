//! The software version that a device reports.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::device::Device;

/// The longest version.
const VERSION_MAX: usize = 64;

/// Takes a reported version; answers what the session keeps of it. Here the register of running versions is told.
pub(super) async fn report(_device: &Device, version: Option<&str>, _cx: &Inner) -> Result<Option<String>> {
    let Some(version) = version else { return Ok(None) };
    let fits = (1..=VERSION_MAX).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if fits {
        Ok(Some(version.to_owned()))
    } else {
        Err(Error::invalid("version", "version has 1 to 64 printable ASCII characters"))
    }
}
