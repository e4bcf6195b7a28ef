//! The archive of a backup: which files of a data folder go in, and in which form.
//!
//! ```text
//! OUT          sealed under the lasting key (keys/src/vault.rs) ← zstd ← tar:
//!   tegata.db      the database without epoch keys and event payloads
//!   fading.vault   sealed under the fading key of the day ← zstd ← tar ← fading.db: those two
//!   unlock         opens the keys at rest
//!   keys/…  https-ca.pem  root.pem  firmware/…  objects/…
//!   manifest.json  last: counts, heads of the logs, size and SHA-256 of every file before it
//! ```
//! Tiles of the ledger are left out: `restore` makes them again and so checks both roots. What was erased
//! (`tombstones.ndjson`), mail and logs are left out for good.

use super::manifest::{FileState, Manifest};
use super::*;
use crate::error::Result;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tegata_keys::digest::Measured;
use tegata_keys::sealed_file::{Opened, Sealing};
use tegata_store::archive::{Packing, unpack, write_file};
use tegata_store::snapshot::{DATABASE, FADING};

/// The sealed fading part.
pub(super) const FADING_VAULT: &str = "fading.vault";
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
    let known = [DATABASE, FADING_VAULT, UNLOCK_FILE].contains(&name) || FILES.contains(&name);
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

/// Seals the fading part of a copy in `folder`.
pub(super) fn seal_fading(folder: &Path, secret: &[u8; 32], salt: &[u8; 32]) -> Result<()> {
    let wrong = |e: std::io::Error| local("cannot write the fading part", e);
    let out = File::create_new(folder.join(FADING_VAULT)).map_err(wrong)?;
    let mut packing = Packing::new(Sealing::new(out, secret, salt).map_err(wrong)?).map_err(stored)?;
    let file = File::open(folder.join(FADING)).map_err(wrong)?;
    let size = file.metadata().map_err(wrong)?.len();
    packing.add(FADING, size, file).map_err(stored)?;
    packing.finish().map_err(stored)?.finish().map_err(wrong)?;
    fs::remove_file(folder.join(FADING)).map_err(wrong)
}

/// Opens the fading part of a copy in `folder`.
pub(super) fn open_fading(folder: &Path, secret: &[u8; 32]) -> Result<()> {
    read(&folder.join(FADING_VAULT), secret, |name, content| match name {
        FADING => write_file(&folder.join(FADING), content).map_err(stored),
        _ => Err(local("backup", format!("{name} does not belong into the fading part"))),
    })
}

/// Hands out the files of a sealed archive. A fault of the seal beats what it led to.
fn read(path: &Path, secret: &[u8; 32], mut each: impl FnMut(&str, &mut dyn Read) -> Result<()>) -> Result<()> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| local(&name, e))?;
    let opened = Opened::new(file, secret).map_err(|e| damaged(&name, e))?;
    let fault = opened.fault();
    let unpacked = unpack(opened, |name, content| each(name, content).map_err(Told));
    unpacked.map_err(|Told(e)| fault.seen().map(|fault| damaged(&name, fault)).unwrap_or(e))
}

/// An error that tells what the store said: who restores is at the machine itself.
struct Told(Error);

impl From<tegata_store::Error> for Told {
    fn from(e: tegata_store::Error) -> Self {
        Told(stored(e))
    }
}

/// A backup that cannot be used.
fn damaged(name: &str, e: impl std::fmt::Display) -> Error {
    Error::new(Kind::Invalid, "backup", format!("{name}: {e}"))
}

/// Unpacks a backup into `folder`, and holds what came out against the manifest in it.
pub(super) fn extract(from: &Path, secret: &[u8; 32], folder: &Path, tell: Tell<'_>) -> Result<Manifest> {
    let (mut manifest, mut files) = (None, BTreeMap::new());
    let mut done = 0;
    read(from, secret, |name, content| {
        if name == MANIFEST {
            let mut text = Vec::new();
            content.take(MANIFEST_MAX).read_to_end(&mut text).map_err(|e| damaged(name, e))?;
            manifest = Some(text);
            return Ok(());
        }
        let path = place(folder, name).ok_or_else(|| damaged(name, "no backup holds a file of this name"))?;
        let mut content = Measured::new(content);
        write_file(&path, &mut content).map_err(stored)?;
        if FILES.contains(&name) {
            // certificates are for others to read
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(|e| local(name, e))?;
        }
        let (size, sha256) = content.finish();
        done += size;
        tell("unpacked bytes", done, 0);
        files.insert(name.to_owned(), FileState { size, sha256 });
        Ok(())
    })?;
    let text = manifest.ok_or_else(|| damaged("backup", "it has no manifest"))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|e| damaged(MANIFEST, e))?;
    if manifest.format != manifest::FORMAT {
        let text = format!("it has format {}, this program reads {}", manifest.format, manifest::FORMAT);
        return Err(damaged("backup", text));
    }
    if files != manifest.files {
        let differs = |name: &&String| files.get(*name) != manifest.files.get(*name);
        let name = files.keys().chain(manifest.files.keys()).find(differs).cloned().unwrap_or_default();
        return Err(damaged(&name, "it is not what the manifest says; the backup cannot be used"));
    }
    Ok(manifest)
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
