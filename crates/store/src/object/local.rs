//! Objects in a folder.
//!
//! Invariant: a file gets its name after its content, and a call that writes returns after both are on the disk.

use super::{Entry, Object, Pieces};
use crate::Error;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tegata_domain::time::Timestamp;
use tegata_fault::Point;

/// One read of the disk.
const CHUNK: u64 = 256 * 1024;

/// A folder of objects.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

fn there<T>(result: std::io::Result<T>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

impl Folder {
    /// This folder, which is made when it is absent.
    pub(super) fn open(folder: PathBuf) -> Result<Self, Error> {
        fs::create_dir_all(&folder)?;
        Ok(Folder(folder))
    }

    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        there(fs::read(self.0.join(name)))
    }

    pub(super) fn part(&self, name: &str, first: u64, length: u64) -> Result<Option<Pieces>, Error> {
        Ok(there(File::open(self.0.join(name)))?.map(|file| pieces(file, first, length)))
    }

    pub(super) fn all(&self, name: &str) -> Result<Option<Pieces>, Error> {
        let Some(file) = there(File::open(self.0.join(name)))? else { return Ok(None) };
        let length = file.metadata()?.len();
        Ok(Some(pieces(file, 0, length)))
    }

    /// A file of it, as a draft that stays.
    pub(super) fn open_file(&self, name: &str) -> Result<Draft, Error> {
        let path = self.0.join(name);
        Ok(Draft { folder: self.0.clone(), file: Some(File::open(&path)?), path, stays: true })
    }

    pub(super) fn put_all(&self, group: &[Object]) -> Result<(), Error> {
        for (name, bytes) in group {
            let path = self.0.join(name);
            let part = path.with_extension("part");
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            File::create(&part)?.write_all(bytes)?;
            tegata_fault::check(Point::TileWritten)?;
            fs::rename(&part, &path)?;
            tegata_fault::at(Point::TileNamed);
        }
        sync(&self.0)
    }

    pub(super) fn begin(&self, part: &str) -> Result<Draft, Error> {
        let path = self.0.join(part).with_extension("part");
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok(Draft { folder: self.0.clone(), path, file: Some(file), stays: false })
    }

    pub(super) fn sweep(&self) -> Result<(), Error> {
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            if is_part(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    pub(super) fn list(&self) -> Result<Vec<Entry>, Error> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let Some(metadata) = there(entry.metadata())? else { continue };
            if metadata.is_file() && !is_part(&entry.path()) {
                let changed = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
                let name = entry.file_name().to_string_lossy().into_owned();
                all.push(Entry { name, size: metadata.len(), changed: Timestamp::from_millis(changed as i64) });
            }
        }
        Ok(all)
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        there(fs::remove_file(self.0.join(name))).map(drop)
    }
}

fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "part")
}

fn pieces(file: File, first: u64, length: u64) -> Pieces {
    let file = Arc::new(file);
    let pieces = stream::try_unfold((first, length), move |(at, left)| {
        let file = Arc::clone(&file);
        async move {
            if left == 0 {
                return Ok(None);
            }
            let length = left.min(CHUNK);
            let bytes = super::blocking(move || read_at(&file, at, length as usize)).await?;
            Ok(Some((bytes, (at + length, left - length))))
        }
    });
    pieces.boxed()
}

fn read_at(file: &File, at: u64, length: usize) -> Result<Bytes, Error> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes.into())
}

/// Makes all that was written to the file system of a folder durable, with one call.
pub(super) fn sync(folder: &Path) -> Result<(), Error> {
    rustix::fs::syncfs(File::open(folder)?).map_err(|e| Error::from(std::io::Error::from(e)))
}

/// An object that is being written, in a file of this machine. Dropped before it is kept, it leaves nothing.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    path: PathBuf,
    /// Gone once it was kept.
    file: Option<File>,
    /// It is not this draft's to remove.
    stays: bool,
}

impl Draft {
    /// Appends.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.file {
            Some(file) => {
                file.write_all(bytes)?;
                tegata_fault::at(Point::DraftWritten);
                Ok(())
            }
            None => Err(std::io::Error::other("the object was kept already").into()),
        }
    }

    /// Its length so far.
    pub(super) fn size(&self) -> Result<u64, Error> {
        self.file.as_ref().map_or(Ok(0), |file| Ok(file.metadata()?.len()))
    }

    /// So many bytes of it.
    pub(super) fn read_at(&self, at: u64, length: usize) -> Result<Bytes, Error> {
        let file = self.file.as_ref().ok_or_else(|| std::io::Error::other("the object was kept already"))?;
        read_at(file, at, length)
    }

    /// Gives it its name in its folder.
    pub(super) fn keep(mut self, name: &str) -> Result<(), Error> {
        if let Some(file) = self.file.take() {
            file.sync_all()?;
            tegata_fault::check(Point::DraftSynced)?;
            fs::rename(&self.path, self.folder.join(name))?;
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.file.take().is_some() && !self.stays {
            // what stays is swept at the next start
            let _gone = fs::remove_file(&self.path);
        }
    }
}
