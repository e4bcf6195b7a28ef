//! Gives what root has made to the account that will run it.
//!
//! Why: `init` and `restore` are often run as root, into an empty folder that a package made for the account of the
//! service. Files of root in there would be files that the service cannot open.

use crate::error::Result;
use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

/// Where `folder` is there already and belongs to somebody else than the new `part`, both `part` and the unlock file
/// become theirs.
pub(super) fn hand_over(part: &Path, folder: &Path, unlock: Option<&Path>) -> Result<()> {
    let wrong = |e: std::io::Error| super::local(&format!("cannot give {} to its account", part.display()), e);
    let Ok(wanted) = fs::metadata(folder) else { return Ok(()) };
    let ours = fs::metadata(part).map_err(wrong)?;
    let owner = (wanted.uid(), wanted.gid());
    if owner == (ours.uid(), ours.gid()) {
        return Ok(());
    }
    give(part, owner)
        .and_then(|()| unlock.map_or(Ok(()), |file| lchown(file, Some(owner.0), Some(owner.1))))
        .map_err(wrong)
}

fn give(path: &Path, owner: (u32, u32)) -> std::io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), owner)?;
        }
    }
    lchown(path, Some(owner.0), Some(owner.1))
}
