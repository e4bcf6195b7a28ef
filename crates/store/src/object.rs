//! Objects: files that never change once they are there. Local directory; S3 comes beside it.

use crate::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

/// A folder of objects.
#[derive(Debug, Clone)]
pub struct Objects {
    folder: PathBuf,
}

impl Objects {
    /// In this folder, which is made when it is absent.
    pub fn open(folder: PathBuf) -> Result<Self, Error> {
        fs::create_dir_all(&folder)?;
        Ok(Objects { folder })
    }

    /// Reads one. Names are made by us, never taken from a request.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Writes some, whole or not at all each; durable after [`Objects::sync`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        let part = path.with_extension("part");
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        File::create(&part)?.write_all(bytes)?;
        fs::rename(&part, &path)?;
        Ok(())
    }

    /// Makes all that was written durable, with one call for the file system.
    pub fn sync(&self) -> Result<(), Error> {
        rustix::fs::syncfs(File::open(&self.folder)?).map_err(|e| Error::from(std::io::Error::from(e)))
    }
}
