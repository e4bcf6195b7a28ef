//! What a device runs: what it reports, and nothing else, makes an update done.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::device::Device;
use tegata_domain::id::DeviceRow;
use tegata_domain::release::Running;

/// The device reports the version that it runs.
pub async fn report(device: &Device, version: &str, cx: &Inner) -> Result<()> {
    let _ = (device, version, cx);
    todo!("in work")
}

/// What a device runs.
pub async fn of(row: DeviceRow, cx: &Inner) -> Result<Option<Running>> {
    let _ = (row, cx);
    todo!("in work")
}
