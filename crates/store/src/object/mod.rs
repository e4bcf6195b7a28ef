//! Objects: files that never change once they are there. In a folder of the data folder, or in an object store (S3).
//!
//! Why two ways beside each other: a folder takes a group of small files with one sync and gives a part of a large one
//! without a copy; `object_store` serves what is beyond one machine (ADR 20).
//! Invariant: what was put is durable when the call returns, and a name is there whole or not at all.

mod connect;
mod local;
mod place;
mod remote;
mod settings;
mod upload;

pub use local::Draft;
pub use place::Place;
pub use settings::{S3, Settings, SettingsError};

use crate::Error;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use local::Folder;
use remote::Remote;
use std::sync::Arc;
use tegata_domain::time::Timestamp;

/// Bytes of an object on their way.
pub type Pieces = BoxStream<'static, Result<Bytes, Error>>;

/// An object with its name.
pub type Object = (String, Arc<Vec<u8>>);

/// One kind of objects, under names of their own.
#[derive(Clone)]
pub struct Objects {
    /// Here are drafts, and all of it where there is no object store.
    folder: Folder,
    remote: Option<(Arc<Remote>, String)>,
}

/// What a list tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written, by the clock of where it lies.
    pub changed: Timestamp,
}

impl Objects {
    /// Whether they lie in an object store.
    pub fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    /// Reads one whole; it is small. Names are made by us, never taken from a request.
    pub async fn read(&self, name: &str) -> Result<Option<Bytes>, Error> {
        match &self.remote {
            None => Ok(self.folder.read(name)?.map(Bytes::from)),
            Some((remote, kind)) => remote.read(&format!("{kind}/{name}")).await,
        }
    }

    /// Part of one, as it is read; `None` where it is not there.
    pub async fn part(&self, name: &str, first: u64, length: u64) -> Result<Option<Pieces>, Error> {
        match &self.remote {
            None => self.folder.part(name, first, length),
            Some((remote, kind)) => remote.part(&format!("{kind}/{name}"), Some((first, length))).await,
        }
    }

    /// One from its begin to its end, however long it is; `None` where it is not there.
    pub async fn all(&self, name: &str) -> Result<Option<Pieces>, Error> {
        match &self.remote {
            None => self.folder.all(name),
            Some((remote, kind)) => remote.part(&format!("{kind}/{name}"), None).await,
        }
    }

    /// Writes many small ones, each whole or not at all; all are durable when this returns. One of the same name is
    /// replaced.
    pub async fn put_all(&self, group: Vec<Object>) -> Result<(), Error> {
        match &self.remote {
            None => {
                let folder = self.folder.clone();
                blocking(move || folder.put_all(&group)).await
            }
            Some((remote, kind)) => remote.put_all(kind, group).await,
        }
    }

    /// The same, in a folder, on this thread.
    pub fn put_here(&self, group: &[Object]) -> Result<(), Error> {
        self.folder.put_all(group)
    }

    /// Begins an object whose name is known at its end only. `part` is the name of its temporary file, which lies on
    /// this machine.
    pub fn begin(&self, part: &str) -> Result<Draft, Error> {
        self.folder.begin(part)
    }

    /// Takes a file of the folder to where the others are, under its name; the file stays. Nothing without an object
    /// store.
    pub async fn lift(&self, name: &str) -> Result<(), Error> {
        match &self.remote {
            None => Ok(()),
            Some((remote, kind)) => {
                upload::upload(remote, &format!("{kind}/{name}"), self.folder.open_file(name)?).await
            }
        }
    }

    /// The same kind in the folder of this machine.
    pub fn here(&self) -> Objects {
        Objects { folder: self.folder.clone(), remote: None }
    }

    /// Gives a draft its name: durable when this returns. One of the same name is replaced; names tell the content.
    pub async fn keep(&self, draft: Draft, name: &str) -> Result<(), Error> {
        let Some((remote, kind)) = &self.remote else {
            let name = name.to_owned();
            return blocking(move || draft.keep(&name)).await;
        };
        upload::upload(remote, &format!("{kind}/{name}"), draft).await
    }

    /// Removes what a crash of this machine left unfinished.
    pub fn sweep(&self) -> Result<(), Error> {
        self.folder.sweep()
    }

    /// Ends what uploads to the object store left unfinished before that moment; answers how many.
    pub async fn end_uploads(&self, before: Timestamp) -> Result<u64, Error> {
        match &self.remote {
            None => Ok(0),
            Some((remote, kind)) => upload::end(remote, kind, before).await,
        }
    }

    /// All there are.
    pub async fn list(&self) -> Result<Vec<Entry>, Error> {
        match &self.remote {
            None => self.folder.list(),
            Some((remote, kind)) => remote.list(kind).await,
        }
    }

    /// Removes one.
    pub async fn remove(&self, name: &str) -> Result<(), Error> {
        match &self.remote {
            None => self.folder.remove(name),
            Some((remote, kind)) => remote.remove(&format!("{kind}/{name}")).await,
        }
    }
}

/// Work for the disk, away from the threads that serve.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::from(std::io::Error::other(e)))?
}
