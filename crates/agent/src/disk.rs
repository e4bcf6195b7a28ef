//! The file layer: the few things that the agent asks of a file system, as a trait.
//!
//! Why: a device loses its power at any moment. The tests put a disk behind this trait that is cut at every single
//! call, loses what was not synced, and shows that the agent comes up again.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// A file system. Nothing is durable before [`Disk::sync`]; no name is durable before [`Disk::sync_folder`].
pub trait Disk: Send + Sync {
    /// The whole file, or `None` where there is none. An error when it is longer than `limit` bytes.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>>;
    /// The file as a stream; an error where there is none.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>>;
    /// Makes or empties the file and writes these bytes; only its owner may read it.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Writes at the end of a file, which is made where it is missing.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file to so many bytes.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;
    /// Puts zeros in place of the whole content, without giving its blocks back before.
    fn overwrite(&self, path: &Path) -> io::Result<()>;
    /// Bytes of a file, or `None` where there is none.
    fn length(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Makes the content durable.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Gives a file another name, in place of what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; it is no error when there is none.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The real one.
pub struct Files;

/// A missing file is no error here.
fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl Disk for Files {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = present(File::open(path))? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > limit {
            true => Err(io::Error::new(ErrorKind::InvalidData, format!("is longer than {limit} bytes"))),
            false => Ok(Some(bytes)),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(path)?))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        private().write(true).create(true).truncate(true).open(path)?.write_all(bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        private().append(true).create(true).open(path)?.write_all(bytes)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.set_len(length)
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let length = file.metadata()?.len();
        io::copy(&mut io::repeat(0).take(length), &mut file).map(drop)
    }

    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        Ok(present(std::fs::metadata(path))?.map(|data| data.len()))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        present(std::fs::remove_file(path)).map(drop)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}
