//! The file of a release, for devices that have an action for it.

use super::by_row;
use super::checked::{Bodies, Checked};
use crate::cx::Inner;
use crate::error::{Error, Result};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
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

/// Its file; NotFound under another name. Nothing is read yet.
pub async fn artifact(
    device: &Device,
    module: ReleaseRow,
    file_name: &str,
    cx: &Inner,
) -> Result<(Arc<Release>, Content)> {
    let release = self::module(device, module, cx).await?;
    if release.file_name != file_name {
        return Err(Error::not_found("artifact"));
    }
    let content = content(&release, cx);
    Ok((release, content))
}

/// The content of the file of a release.
pub fn content(release: &Arc<Release>, cx: &Inner) -> Content {
    Content(Way::Kept(Arc::clone(&cx.releases.checked), Arc::clone(release)))
}

/// The content of a file, to be read in parts.
#[derive(Clone)]
pub struct Content(Way);

#[derive(Clone)]
enum Way {
    Kept(Arc<Checked>, Arc<Release>),
    Memory(Bytes),
}

impl Content {
    /// One that is in memory.
    pub fn memory(bytes: Bytes) -> Self {
        Content(Way::Memory(bytes))
    }

    /// A part of it, checked before it leaves. Fails at once where the file cannot be had or is damaged.
    pub async fn open(&self, first: u64, length: u64) -> Result<Bodies> {
        match &self.0 {
            Way::Kept(checked, release) => checked.open(release, first, length).await,
            Way::Memory(bytes) => {
                let part = bytes.slice(first as usize..(first + length) as usize);
                Ok(stream::iter([Ok(part)]).boxed())
            }
        }
    }

    /// The same, opened when the first byte is asked for.
    pub fn later(&self, first: u64, length: u64) -> Bodies {
        let content = self.clone();
        stream::once(async move { content.open(first, length).await }).try_flatten().boxed()
    }
}
