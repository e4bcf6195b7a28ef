//! Objects: files that never change once they are there. Local directory; S3 comes beside it.

use crate::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use tegata_fault::Point;

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
        tegata_fault::check(Point::TileWritten)?;
        fs::rename(&part, &path)?;
        tegata_fault::at(Point::TileNamed);
        Ok(())
    }

    /// Opens one for reading.
    pub fn open_file(&self, name: &str) -> Result<Option<File>, Error> {
        match File::open(self.folder.join(name)) {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Begins an object whose name is known at its end only. `part` is the name of its temporary file.
    pub fn begin(&self, part: &str) -> Result<Draft, Error> {
        let path = self.folder.join(part).with_extension("part");
        let file = File::create_new(&path)?;
        Ok(Draft { folder: self.folder.clone(), path, file: Some(file) })
    }

    /// Removes what a crash left unfinished.
    pub fn sweep(&self) -> Result<(), Error> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Makes all that was written durable, with one call for the file system.
    pub fn sync(&self) -> Result<(), Error> {
        rustix::fs::syncfs(File::open(&self.folder)?).map_err(|e| Error::from(std::io::Error::from(e)))
    }
}

/// An object that is being written. Dropped before [`Draft::keep`], it leaves nothing.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    path: PathBuf,
    /// Gone once it was kept.
    file: Option<File>,
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

    /// Gives it its name: durable when this returns. One of the same name is replaced; names tell the content.
    pub fn keep(mut self, name: &str) -> Result<(), Error> {
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
        if self.file.take().is_some() {
            // what stays is swept at the next start
            let _gone = fs::remove_file(&self.path);
        }
    }
}
