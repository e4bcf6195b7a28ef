//! Where all objects of a platform lie: its data folder, or an object store.

use super::local::Folder;
use super::remote::{OWNER, Remote};
use super::{Objects, Settings};
use crate::Error;
use crate::error::ErrorKind;
use object_store::{Error as StoreError, ObjectStore, PutMode};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where all objects of a platform lie.
#[derive(Clone)]
pub struct Place {
    data: PathBuf,
    remote: Option<Arc<Remote>>,
}

impl Place {
    /// As the settings say; nothing is asked of the object store yet.
    pub fn new(data: &Path, settings: &Settings) -> Result<Self, Error> {
        let remote = settings.remote.as_ref().map(Remote::new).transpose()?.map(Arc::new);
        Ok(Place { data: data.to_owned(), remote })
    }

    /// In the data folder.
    pub fn local(data: &Path) -> Self {
        Place { data: data.to_owned(), remote: None }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// One kind of objects; its folder is made when it is absent.
    pub fn objects(&self, kind: &str) -> Result<Objects, Error> {
        let folder = Folder::open(self.data.join(kind))?;
        Ok(Objects { folder, remote: self.remote.clone().map(|remote| (remote, kind.to_owned())) })
    }

    /// The object store, as a person would write it; `None` for the data folder.
    pub fn url(&self) -> Option<&str> {
        self.remote.as_deref().map(Remote::url)
    }

    /// Whose objects an object store holds, by its own word.
    pub async fn owner(&self) -> Result<Option<String>, Error> {
        match &self.remote {
            Some(remote) => remote.owner().await,
            None => Ok(None),
        }
    }

    /// Makes an object store that is nobody's that of `owner`; false where somebody was faster.
    pub async fn own(&self, owner: &str) -> Result<bool, Error> {
        let Some(remote) = &self.remote else { return Ok(false) };
        let path = remote.path(OWNER);
        match remote.store.put_opts(&path, owner.to_owned().into(), PutMode::Create.into()).await {
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(false),
            result => remote.told("writing", result).map(|_| true),
        }
    }

    /// Nothing is written to an object store before it has said to be that of `owner`.
    pub fn expect(&self, owner: String) {
        if let Some(remote) = &self.remote {
            remote.expect(owner);
        }
    }

    /// Writes an object, reads it back and removes it.
    pub async fn probe(&self, name: &str) -> Result<(), Error> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let name = format!("probe/{name}");
        remote.put(&name, name.clone()).await?;
        let read = remote.whole(&name).await?;
        remote.remove(&name).await?;
        if read.as_deref() == Some(name.as_bytes()) {
            return Ok(());
        }
        let text = format!("{}: it does not give back what was just written to it", remote.url());
        Err(Error::new(ErrorKind::Broken, text))
    }

    /// What the object store failed with last, if nothing succeeded since.
    pub fn trouble(&self) -> Option<String> {
        self.remote.as_deref().and_then(Remote::trouble)
    }

    /// How many requests to the object store failed.
    pub fn failures(&self) -> u64 {
        self.remote.as_deref().map_or(0, Remote::failures)
    }

    /// Makes all that was written into the data folder durable.
    pub fn sync(&self) -> Result<(), Error> {
        super::local::sync(&self.data)
    }
}
