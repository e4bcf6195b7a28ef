//! The archive of a backup: which files of a data folder go in, and in which form.
//!
//! ```text
//! OUT          sealed under the lasting key (keys/src/sealed_file.rs) ← zstd ← tar:
//!   front.json      first: which backup this is, what it rests on
//!   map.db         digests of all ranges of rows (store/src/increment.rs): what the next increment compares with
//!   fading.vault   sealed under the fading key of the day ← zstd ← tar ← fading-map.db, fading.db: epoch keys and
//!                  event payloads
//!   tegata.db      the database without those two
//!   unlock         opens the keys at rest
//!   keys/…  https-ca.pem  root.pem  firmware/…  objects/…
//!   manifest.json  last: counts, heads of the logs, size and SHA-256 of every file before it
//! ```
//! An increment has `changed.db` in place of map and database, `fading-changed.db` in place of those in the vault, and no
//! file that is named by its digest and stands in a backup before it.
//! Tiles of the ledger are left out: `restore` makes them again and so checks both roots. What was erased
//! (`tombstones.ndjson`), mail and logs are left out for good.

use super::manifest::{FileState, Manifest};
use super::*;
use crate::error::Result;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tegata_keys::digest::Measured;
use tegata_keys::sealed_file::{Opened, Sealing};
use tegata_store::archive::{Packing, unpack, write_file};
use tegata_store::snapshot::{DATABASE, FADING};

/// The sealed fading part.
pub(super) const FADING_VAULT: &str = "fading.vault";
/// Which backup this is.
pub(super) const FRONT: &str = "front.json";
/// Digests of all ranges.
pub(super) const MAP: &str = "map.db";
/// Rows that changed, and the digests of their ranges.
pub(super) const CHANGED: &str = "changed.db";
/// [`MAP`] of the fading part.
pub(super) const FADING_MAP: &str = "fading-map.db";
/// [`CHANGED`] of the fading part.
pub(super) const FADING_CHANGED: &str = "fading-changed.db";
const MANIFEST: &str = "manifest.json";
/// No manifest is longer.
const MANIFEST_MAX: u64 = 64 << 20;
/// Single files of a data folder that go in.
const FILES: [&str; 2] = [HTTPS_CA_FILE, ROOT_FILE];
/// Folders that go in with all that is in them.
pub(super) const FOLDERS: [&str; 3] = ["keys", "firmware", "objects"];

/// A folder for intermediate files, which goes away with it.
pub(super) struct Scratch(pub PathBuf);

impl Scratch {
    /// Makes it empty.
    pub fn make(path: PathBuf) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|e| local(&path.display().to_string(), e))?;
        }
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|e| local(&format!("cannot make {}", path.display()), e))?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _moved_away_or_nothing_to_keep = fs::remove_dir_all(&self.0);
    }
}

/// Everything of a data folder that goes into a backup beside the database: name and place.
pub(super) fn contents(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut all: Vec<_> = FILES.iter().map(|name| ((*name).to_owned(), folder.join(name))).collect();
    all.retain(|(_, path)| path.exists());
    let mut waiting: Vec<String> = FOLDERS.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = waiting.pop() {
        let path = folder.join(&name);
        if !path.exists() {
            continue;
        }
        for entry in fs::read_dir(&path).map_err(|e| local(&path.display().to_string(), e))? {
            let entry = entry.map_err(|e| local(&path.display().to_string(), e))?;
            let below = format!("{name}/{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|e| local(&below, e))?;
            if kind.is_dir() {
                waiting.push(below);
            } else if kind.is_file() && !below.ends_with(".part") {
                all.push((below, entry.path()));
            }
        }
    }
    all.sort();
    Ok(all)
}

/// Where a file of an archive goes; `None` for a name that no backup of ours has.
fn place(folder: &Path, name: &str) -> Option<PathBuf> {
    let plain = |part: &str| {
        let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        !part.is_empty() && letters && part != "." && part != ".."
    };
    let known = [DATABASE, CHANGED, FADING_VAULT, UNLOCK_FILE].contains(&name) || FILES.contains(&name);
    let below = name.split_once('/').is_some_and(|(first, _)| FOLDERS.contains(&first));
    ((known || below) && name.split('/').all(plain)).then(|| folder.join(name))
}

/// Writes an archive, measuring what goes in.
pub(super) struct Writer<W: Write> {
    packing: Packing<W>,
    files: BTreeMap<String, FileState>,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> Result<Self> {
        Ok(Writer { packing: Packing::new(out).map_err(stored)?, files: BTreeMap::new() })
    }

    /// Adds a file; answers its size.
    pub fn add(&mut self, name: &str, path: &Path) -> Result<u64> {
        let wrong = |e: std::io::Error| local(&path.display().to_string(), e);
        let file = File::open(path).map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        self.take(name, size, file)?;
        Ok(size)
    }

    fn take(&mut self, name: &str, size: u64, content: impl Read) -> Result<()> {
        let mut content = Measured::new(content.take(size));
        self.packing.add(name, size, &mut content).map_err(stored)?;
        let (read, sha256) = content.finish();
        if read != size {
            return Err(local(name, "the file became shorter while it was read"));
        }
        self.files.insert(name.to_owned(), FileState { size, sha256 });
        Ok(())
    }

    /// Adds a text.
    pub fn add_text(&mut self, name: &str, text: &[u8]) -> Result<()> {
        self.take(name, text.len() as u64, text)
    }

    /// What was added so far.
    pub fn files(&self) -> &BTreeMap<String, FileState> {
        &self.files
    }

    /// Adds the manifest, and ends the archive.
    pub fn finish(mut self, manifest: &Manifest) -> Result<W> {
        let text = serde_json::to_vec_pretty(manifest).map_err(Error::internal)?;
        self.packing.add(MANIFEST, text.len() as u64, text.as_slice()).map_err(stored)?;
        self.packing.finish().map_err(stored)
    }
}

/// Seals `names` of a copy in `folder` as its fading part, and takes them out of the folder.
pub(super) fn seal_fading(folder: &Path, names: &[&str], secret: &[u8; 32], salt: &[u8; 32]) -> Result<()> {
    let wrong = |e: std::io::Error| local("cannot write the fading part", e);
    let out = File::create_new(folder.join(FADING_VAULT)).map_err(wrong)?;
    let mut packing = Packing::new(Sealing::new(out, secret, salt).map_err(wrong)?).map_err(stored)?;
    for name in names {
        let file = File::open(folder.join(name)).map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        packing.add(name, size, file).map_err(stored)?;
        fs::remove_file(folder.join(name)).map_err(wrong)?;
    }
    packing.finish().map_err(stored)?.finish().map_err(wrong)?;
    Ok(())
}

/// Opens the fading part of a copy in `folder`: its database, or what changed in it. The map is of no use there.
pub(super) fn open_fading(folder: &Path, secret: &[u8; 32]) -> Result<()> {
    let path = folder.join(FADING_VAULT);
    let file = File::open(&path).map_err(|e| local(&path.display().to_string(), e))?;
    read(FADING_VAULT, file, secret, |name, content| {
        match name {
            FADING | FADING_CHANGED => write_file(&folder.join(name), content).map_err(stored)?,
            FADING_MAP => drop(std::io::copy(content, &mut std::io::sink()).map_err(|e| damaged(name, e))?),
            _ => return Err(local("backup", format!("{name} does not belong into the fading part"))),
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Hands out the files of a sealed archive until `each` has enough. A fault of the seal beats what it led to.
pub(super) fn read(
    called: &str,
    from: impl Read,
    secret: &[u8; 32],
    mut each: impl FnMut(&str, &mut dyn Read) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let opened = Opened::new(from, secret).map_err(|e| damaged(called, e))?;
    let fault = opened.fault();
    let unpacked = unpack(opened, |name, content| match each(name, content) {
        Ok(ControlFlow::Continue(())) => Ok(()),
        Ok(ControlFlow::Break(())) => Err(Told(None)),
        Err(e) => Err(Told(Some(e))),
    });
    match unpacked {
        Ok(()) | Err(Told(None)) => Ok(()),
        Err(Told(Some(e))) => Err(fault.seen().map(|fault| damaged(called, fault)).unwrap_or(e)),
    }
}

/// [`read`] of a file.
pub(super) fn read_file(
    path: &Path,
    secret: &[u8; 32],
    each: impl FnMut(&str, &mut dyn Read) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| local(&name, e))?;
    read(&name, file, secret, each)
}

/// An error that tells what the store said: who restores is at the machine itself. None: enough was read.
struct Told(Option<Error>);

impl From<tegata_store::Error> for Told {
    fn from(e: tegata_store::Error) -> Self {
        Told(Some(stored(e)))
    }
}

/// A backup that cannot be used.
pub(super) fn damaged(name: &str, e: impl std::fmt::Display) -> Error {
    Error::new(Kind::Invalid, "backup", format!("{name}: {e}"))
}

/// Reads a backup to its end, hands out every file but the manifest, and holds what came out against the manifest.
pub(super) fn walk(
    from: &Path,
    secret: &[u8; 32],
    tell: Tell<'_>,
    mut each: impl FnMut(&str, &mut dyn Read) -> Result<()>,
) -> Result<Manifest> {
    let (mut manifest, mut files) = (None, BTreeMap::new());
    let mut done = 0;
    read_file(from, secret, |name, content| {
        if name == MANIFEST {
            let mut text = Vec::new();
            content.take(MANIFEST_MAX).read_to_end(&mut text).map_err(|e| damaged(name, e))?;
            manifest = Some(text);
            return Ok(ControlFlow::Continue(()));
        }
        let mut content = Measured::new(content);
        each(name, &mut content)?;
        // what nobody wanted is measured all the same
        std::io::copy(&mut content, &mut std::io::sink()).map_err(|e| damaged(name, e))?;
        let (size, sha256) = content.finish();
        done += size;
        tell("unpacked bytes", done, 0);
        files.insert(name.to_owned(), FileState { size, sha256 });
        Ok(ControlFlow::Continue(()))
    })?;
    let called = from.display().to_string();
    let text = manifest.ok_or_else(|| damaged(&called, "it has no manifest"))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|e| damaged(MANIFEST, e))?;
    manifest::readable(manifest.format, &called)?;
    if files != manifest.files {
        let differs = |name: &&String| files.get(*name) != manifest.files.get(*name);
        let name = files.keys().chain(manifest.files.keys()).find(differs).cloned().unwrap_or_default();
        return Err(damaged(&name, "it is not what the manifest says; the backup cannot be used"));
    }
    Ok(manifest)
}

/// Unpacks a backup into `folder`.
pub(super) fn extract(from: &Path, secret: &[u8; 32], folder: &Path, tell: Tell<'_>) -> Result<Manifest> {
    walk(from, secret, tell, |name, content| {
        if [FRONT, MAP].contains(&name) {
            return Ok(());
        }
        let path = place(folder, name).ok_or_else(|| damaged(name, "no backup holds a file of this name"))?;
        write_file(&path, content).map_err(stored)?;
        if FILES.contains(&name) {
            // certificates are for others to read
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(|e| local(name, e))?;
        }
        Ok(())
    })
}

/// Whether a file is named by the SHA-256 of what it holds, and so never changes.
pub(super) fn never_changes(name: &str) -> bool {
    name.strip_prefix("firmware/").is_some_and(|rest| rest.len() == 64 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_have_no_place() {
        let folder = Path::new("/data");
        assert_eq!(place(folder, "keys/root.key"), Some("/data/keys/root.key".into()));
        assert_eq!(place(folder, "objects/ab/cd"), Some("/data/objects/ab/cd".into()));
        for name in
            ["../x", "keys/../../x", "/etc/passwd", "keys/", "keys//x", "ledger/x", "tombstones.ndjson", "lock", ""]
        {
            assert_eq!(place(folder, name), None, "{name}");
        }
    }
}
