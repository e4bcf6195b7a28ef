//! Checks a backup without restoring it: nothing of it is written anywhere.
//!
//! With the recovery key every seal is opened, every file held against its manifest, and the chain must be whole. Without,
//! the sealed file is held against the digest that was written beside it. What only a restore can say, it says: that the
//! rows come together, and that both logs lead to their roots.

use super::archive::{FADING_VAULT, damaged, read, walk};
use super::chain::{Member, chain};
use super::*;
use crate::error::Result;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::time::{Clock, Timestamp};
use tegata_keys::digest::Measured;
use tegata_keys::recovery::RecoveryKey;

/// What is to be checked.
pub struct VerifyOrder {
    /// The backup.
    pub from: PathBuf,
    /// The recovery key; without it only the digest beside each file is checked.
    pub recovery_key: Option<PathBuf>,
    /// The present.
    pub clock: Arc<dyn Clock>,
}

/// Whether event payloads and epoch keys of a file can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FadingState {
    /// They were opened.
    Opened,
    /// Their time is over.
    Over,
    /// Their key is not in the recovery key.
    NoKey,
    /// Nobody could look: no recovery key was given.
    Unknown,
}

/// A file that was checked.
#[derive(Debug, Clone)]
pub struct VerifiedFile {
    /// It.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Whether the digest beside it is its own; `None`: there is none.
    pub digest: Option<bool>,
    /// What it holds; `None` without recovery key.
    pub manifest: Option<Manifest>,
    /// Its fading part.
    pub fading: FadingState,
}

/// A backup that can be used.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Its files, the full backup first.
    pub files: Vec<VerifiedFile>,
}

/// The file that holds the digest of a backup, in the form of `sha256sum`.
pub(super) fn digest_file(backup: &Path) -> PathBuf {
    let mut name = backup.file_name().unwrap_or_default().to_owned();
    name.push(".sha256");
    backup.with_file_name(name)
}

/// Checks a backup, and all that it rests on.
pub fn verify(order: &VerifyOrder, tell: Tell<'_>) -> Result<Verified> {
    let Some(path) = &order.recovery_key else {
        let file = outside(&order.from)?;
        if file.digest.is_none() {
            let text = format!(
                "there is no {} to hold it against; give --recovery-key to check everything",
                digest_file(&order.from).display()
            );
            return Err(Error::invalid("digest", text));
        }
        return Ok(Verified { files: vec![file] });
    };
    let keys = RecoveryKey::read(path).map_err(|e| local("cannot use the recovery key", e))?;
    let now = order.clock.now()?;
    let members = chain(&order.from, &keys.lasting)?;
    let files = members.iter().map(|member| inside(member, (&keys, now), tell)).collect::<Result<_>>()?;
    Ok(Verified { files })
}

/// A file and the digest beside it; a wrong one is an error.
fn outside(path: &Path) -> Result<VerifiedFile> {
    let wrong = |e: std::io::Error| local(&path.display().to_string(), e);
    let mut content = Measured::new(File::open(path).map_err(wrong)?);
    std::io::copy(&mut content, &mut std::io::sink()).map_err(wrong)?;
    let (bytes, sha256) = content.finish();
    let told = fs::read_to_string(digest_file(path)).ok();
    let digest = told.map(|line| line.split_whitespace().next() == Some(&sha256));
    if digest == Some(false) {
        let text =
            format!("its digest is not the one in {}; it was changed or is damaged", digest_file(path).display());
        return Err(damaged(&path.display().to_string(), text));
    }
    Ok(VerifiedFile { path: path.to_owned(), bytes, digest, manifest: None, fading: FadingState::Unknown })
}

fn inside(member: &Member, (keys, now): (&RecoveryKey, Timestamp), tell: Tell<'_>) -> Result<VerifiedFile> {
    let mut file = outside(&member.path)?;
    let mut vault = None;
    let key = member.front.as_ref().map(|front| front.fading_key.as_str());
    let manifest = walk(&member.path, &keys.lasting, tell, |name, content| {
        if let (FADING_VAULT, Some(key)) = (name, key.and_then(|key| keys.holding(key, now))) {
            let sink = |name: &str, content: &mut dyn std::io::Read| {
                std::io::copy(content, &mut std::io::sink()).map_err(|e| damaged(name, e))?;
                Ok(ControlFlow::Continue(()))
            };
            read(name, content, &key.secret, sink)?;
            vault = Some(());
        }
        Ok(())
    })?;
    let over = Timestamp::parse(&manifest.fading_until).is_some_and(|until| until <= now);
    file.fading = match (vault, over) {
        (Some(()), _) => FadingState::Opened,
        (None, true) => FadingState::Over,
        (None, false) => FadingState::NoKey,
    };
    file.manifest = Some(manifest);
    Ok(file)
}
