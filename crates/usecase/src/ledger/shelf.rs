//! Full tiles and entry bundles: in memory until a group of them is on disk.
//!
//! Why: they can be made again from the store at any time, so no checkpoint has to wait for their files. They are
//! written in groups, off the sequencer's path, with one sync a group.
//! Invariant: what lies below [`Shelf::durable`] is in files that survive a crash; what lies between it and the tree's
//! size is in memory, or is made again at the start. A name is read from its file only after its group was synced.

use crate::error::Result;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tegata_store::object::Objects;
use tegata_store::{Error, Mode};

/// So many wait before a group is written: the tiles and bundles of 16,384 leaves, about 1 MB.
const GROUP: usize = 128;
/// So many may wait; past that the sequencer waits for the disk.
const MOST: usize = 16 * GROUP;

/// Where one log's full tiles and bundles are.
pub(crate) struct Shelf(Arc<Shared>);

struct Shared {
    objects: Objects,
    held: Mutex<Held>,
    /// Behind a lock that a writer holds; true once nothing is to be written any more.
    closed: Mutex<bool>,
    durable: AtomicU64,
    /// Whether this process writes files at present; else another one does, whose files it reads.
    writes: AtomicBool,
}

/// An object that is held, and the size of a tree that has it.
#[derive(Clone)]
struct One {
    bytes: Arc<Vec<u8>>,
    whole: u64,
}

#[derive(Default)]
struct Held {
    objects: HashMap<String, One>,
    /// The tree of so many leaves has all its full tiles here or in files.
    whole: u64,
}

/// An object with its name.
pub(crate) type Object = (String, Vec<u8>);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    /// In this folder, whose files are whole up to a tree of `durable` leaves. One that is only read writes no file.
    pub(crate) fn open(folder: PathBuf, durable: u64, mode: Mode) -> Result<Self> {
        let (objects, durable) = (Objects::open(folder)?, AtomicU64::new(durable));
        let closed = Mutex::new(mode == Mode::Reading);
        Ok(Shelf(Arc::new(Shared { objects, held: Mutex::default(), closed, durable, writes: AtomicBool::new(true) })))
    }

    /// One, wherever it is.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let held = locked(&self.0.held).objects.get(name).cloned();
        held.map_or_else(|| self.0.objects.read(name), |one| Ok(Some(one.bytes.to_vec())))
    }

    /// Takes those in that became full with a tree of `whole` leaves.
    pub(crate) fn put(&self, full: Vec<Object>, whole: u64) {
        let mut held = locked(&self.0.held);
        held.objects.extend(full.into_iter().map(|(name, bytes)| (name, One { bytes: Arc::new(bytes), whole })));
        held.whole = held.whole.max(whole);
    }

    /// Another process writes the files: what this one holds goes once it is told that they are there.
    pub(crate) fn only_read(&self) {
        self.0.writes.store(false, SeqCst);
    }

    /// This process writes the files.
    pub(crate) fn reads_and_writes(&self) {
        self.0.writes.store(true, SeqCst);
    }

    /// Another process wrote all files of the tree of so many leaves.
    pub(crate) fn written(&self, whole: u64) {
        self.0.durable.fetch_max(whole, SeqCst);
        locked(&self.0.held).objects.retain(|_, one| one.whole > whole);
    }

    /// Waits for the disk where too many are held; fails where it does not take them.
    pub(crate) fn room(&self) -> Result<()> {
        let full = locked(&self.0.held).objects.len() >= MOST;
        if full { self.flush() } else { Ok(()) }
    }

    /// Waits until all that is held is on the disk.
    pub(crate) fn flush(&self) -> Result<()> {
        Ok(self.0.flush()?)
    }

    /// Has a group written once there is one, beside whoever calls.
    pub(crate) fn tidy(&self) {
        // one that writes already takes all in
        if locked(&self.0.held).objects.len() < GROUP || self.0.closed.try_lock().is_err() {
            return;
        }
        let shared = Arc::clone(&self.0);
        let _detached = tokio::task::spawn_blocking(move || {
            if let Err(error) = shared.flush() {
                tracing::error!(%error, "tiles cannot be written; they are kept in memory and tried again");
            }
        });
    }

    /// The tree of so many leaves has all its full tiles in files that survive a crash.
    pub(crate) fn durable(&self) -> u64 {
        self.0.durable.load(SeqCst)
    }
}

impl Shared {
    fn flush(&self) -> Result<(), Error> {
        if !self.writes.load(SeqCst) {
            return Ok(());
        }
        let closed = locked(&self.closed);
        let (group, whole) = {
            let held = locked(&self.held);
            (held.objects.clone(), held.whole)
        };
        if *closed || group.is_empty() {
            return Ok(());
        }
        for (name, one) in &group {
            self.objects.write(name, &one.bytes)?;
        }
        self.objects.sync()?;
        self.durable.fetch_max(whole, SeqCst);
        let mut held = locked(&self.held);
        held.objects.retain(|name, one| group.get(name).is_none_or(|it| !Arc::ptr_eq(&it.bytes, &one.bytes)));
        Ok(())
    }
}

impl Drop for Shelf {
    /// Waits for a writer, so that whoever opens the folder next is alone with it.
    fn drop(&mut self) {
        *locked(&self.0.closed) = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(range: std::ops::Range<usize>) -> Vec<Object> {
        range.map(|i| (format!("tile/0/{i:03}"), vec![i as u8; 8])).collect()
    }

    #[test]
    fn a_group_is_written_whole_and_read_throughout() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path().to_owned(), 0, Mode::Existing).unwrap();
        shelf.put(named(0..3), 768);
        let file = folder.path().join("tile/0/002");
        assert_eq!((shelf.read("tile/0/002").unwrap(), shelf.durable()), (Some(vec![2; 8]), 0));
        assert!(!file.exists());
        shelf.flush().unwrap();
        assert_eq!((shelf.read("tile/0/002").unwrap(), shelf.durable()), (Some(vec![2; 8]), 768));
        assert!(file.exists() && locked(&shelf.0.held).objects.is_empty());
        assert_eq!(shelf.read("tile/0/003").unwrap(), None);
    }

    #[test]
    fn a_file_that_a_crash_left_torn_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("tile/0")).unwrap();
        std::fs::write(folder.path().join("tile/0/001"), "torn").unwrap();
        let shelf = Shelf::open(folder.path().to_owned(), 0, Mode::Existing).unwrap();
        shelf.put(named(0..2), 512);
        assert_eq!(shelf.read("tile/0/001").unwrap(), Some(vec![1; 8]));
        shelf.flush().unwrap();
        assert_eq!(std::fs::read(folder.path().join("tile/0/001")).unwrap(), [1; 8]);
    }

    #[test]
    fn what_the_disk_does_not_take_stays_and_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path().to_owned(), 0, Mode::Existing).unwrap();
        std::fs::write(folder.path().join("tile"), "in the way").unwrap();
        shelf.put(named(0..MOST - 1), 256);
        shelf.room().unwrap();
        assert!(shelf.flush().is_err());
        assert_eq!((shelf.read("tile/0/001").unwrap(), shelf.durable()), (Some(vec![1; 8]), 0));
        shelf.put(named(MOST - 1..MOST), 512);
        assert!(shelf.room().is_err(), "no more is taken in");
        std::fs::remove_file(folder.path().join("tile")).unwrap();
        shelf.room().unwrap();
        assert_eq!(shelf.durable(), 512);
    }

    #[tokio::test]
    async fn one_that_is_only_read_holds_all_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path().to_owned(), 0, Mode::Reading).unwrap();
        shelf.put(named(0..MOST), 256);
        shelf.room().unwrap();
        shelf.tidy();
        shelf.flush().unwrap();
        assert_eq!((shelf.read("tile/0/001").unwrap(), shelf.durable()), (Some(vec![1; 8]), 0));
        assert!(!folder.path().join("tile").exists());
    }

    #[tokio::test]
    async fn a_group_is_written_beside_the_caller() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path().to_owned(), 0, Mode::Existing).unwrap();
        shelf.put(named(0..GROUP - 1), 256);
        shelf.tidy();
        shelf.put(named(GROUP - 1..GROUP), 512);
        shelf.tidy();
        while shelf.durable() < 512 {
            tokio::task::yield_now().await;
        }
        assert!(folder.path().join("tile/0/100").exists());
    }
}
