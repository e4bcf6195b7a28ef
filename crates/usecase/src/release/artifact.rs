//! The file of a release, for devices that have an action for it.

use crate::cx::Inner;
use crate::error::Result;
use std::fs::File;
use std::sync::Arc;
use tegata_domain::device::Device;
use tegata_domain::id::ReleaseRow;
use tegata_domain::release::Release;

/// A release that a live action of this device, or the one it installed last, is about; else NotFound.
pub async fn module(device: &Device, module: ReleaseRow, cx: &Inner) -> Result<Arc<Release>> {
    let _ = (device, module, cx);
    todo!("in work")
}

/// Its file, opened; NotFound under another name.
pub async fn artifact(
    device: &Device,
    module: ReleaseRow,
    file_name: &str,
    cx: &Inner,
) -> Result<(Arc<Release>, File)> {
    let _ = (device, module, file_name, cx);
    todo!("in work")
}
