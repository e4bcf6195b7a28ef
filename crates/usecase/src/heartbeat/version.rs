//! The software version that a device reports.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::release::running;
use tegata_domain::device::Device;
use tegata_domain::release::is_reported;

/// Refuses a version of the wrong form, before anything is decided.
pub(super) fn check(version: Option<&str>) -> Result<()> {
    match version {
        Some(version) if !is_reported(version) => {
            Err(Error::invalid("version", "version has 1 to 64 printable ASCII characters"))
        }
        _ => Ok(()),
    }
}

/// Tells the register of running versions, once it is certain that one body alone speaks.
pub(super) async fn report(device: &Device, version: Option<&str>, cx: &Inner) -> Result<()> {
    match version {
        Some(version) => running::report(device, version, cx).await,
        None => Ok(()),
    }
}
