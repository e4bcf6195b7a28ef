//! Releases kept in memory, and their files: neither ever changes.

use super::checked::Checked;
use crate::cx::Inner;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tegata_domain::id::ReleaseRow;
use tegata_domain::release::Release;
use tegata_store::Mode;
use tegata_store::object::{Objects, Place};

/// The objects of releases, each under its SHA-256.
pub(crate) const FIRMWARE: &str = "firmware";
/// How many releases are kept; past that the memory starts anew.
const KEPT: usize = 10_000;

/// Files of releases, and releases that were asked for lately.
pub struct Releases {
    pub(super) files: Objects,
    pub(super) checked: Arc<Checked>,
    known: RwLock<HashMap<ReleaseRow, Arc<Release>>>,
}

impl Releases {
    /// In that place; what a crash left unfinished is removed, but not where the folder is only read: there it may
    /// be the upload of another process.
    pub(crate) fn open(place: &Place, mode: Mode) -> Result<Self> {
        let files = place.objects(FIRMWARE)?;
        if mode != Mode::Reading {
            files.sweep()?;
        }
        let checked = Arc::new(Checked::new(files.clone()));
        Ok(Releases { files, checked, known: RwLock::default() })
    }

    /// How often a file was not what was published.
    pub fn damaged(&self) -> u64 {
        self.checked.damaged()
    }
}

/// A release that something in the store names.
pub(crate) async fn by_row(row: ReleaseRow, cx: &Inner) -> Result<Arc<Release>> {
    if let Some(known) = cx.releases.known.read().unwrap_or_else(PoisonError::into_inner).get(&row) {
        return Ok(Arc::clone(known));
    }
    let release = cx.store.release().by_row(row).await?.ok_or_else(|| Error::not_found("release"))?;
    let release = Arc::new(release);
    let mut known = cx.releases.known.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(row, Arc::clone(&release));
    Ok(release)
}
