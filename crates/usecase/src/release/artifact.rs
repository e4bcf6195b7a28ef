//! The file of a release, for devices that have an action for it.

use super::by_row;
use crate::cx::Inner;
use crate::error::{Error, Result};
use std::fs::File;
use std::sync::Arc;
use tegata_domain::device::Device;
use tegata_domain::id::ReleaseRow;
use tegata_domain::release::Release;

/// A release that a live action of this device, or the one it installed last, is about; else NotFound.
pub async fn module(device: &Device, module: ReleaseRow, cx: &Inner) -> Result<Arc<Release>> {
    let pending = crate::action::pending(device, cx).await?;
    if let Some(release) = pending.release.filter(|release| release.row == module) {
        return Ok(release);
    }
    let installed = match pending.installed {
        Some(row) => cx.store.action().by_row(row).await?,
        None => None,
    };
    match installed {
        Some(live) if live.action.release == module => by_row(module, cx).await,
        Some(_) | None => Err(Error::not_found("software module")),
    }
}

/// Its file, opened; NotFound under another name.
pub async fn artifact(
    device: &Device,
    module: ReleaseRow,
    file_name: &str,
    cx: &Inner,
) -> Result<(Arc<Release>, File)> {
    let release = self::module(device, module, cx).await?;
    if release.file_name != file_name {
        return Err(Error::not_found("artifact"));
    }
    let name = data_encoding::HEXLOWER.encode(&release.sha256);
    let file =
        cx.releases.files.open_file(&name)?.ok_or_else(|| Error::internal("the file of a release is missing"))?;
    Ok((release, file))
}
