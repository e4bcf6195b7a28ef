//! Full tiles and entry bundles: in memory until a group of them is durable, in files or in the object store.
//!
//! Why: they can be made again from the store at any time, so no checkpoint has to wait for them. They are
//! written in groups, off the sequencer's path, with one sync a group.
//! Invariant: what lies below [`Shelf::durable`] survives a crash where it lies; what lies between it and the tree's
//! size is in memory, or is made again at the start. A name is read from where it lies only after its group was durable.

use crate::error::Result;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tegata_domain::measure::Counter;
use tegata_fault::Point;
use tegata_store::object::{self, Objects};
use tegata_store::{Error, Mode};

/// So many wait before a group is written: the tiles and bundles of 16,384 leaves, about 1 MB. Where a test dies between
/// tile and sync, of 256 leaves.
const GROUP: usize = if tegata_fault::ARMED { 2 } else { 128 };
/// So many may wait; past that the sequencer waits for the disk or the object store.
const MOST: usize = 16 * GROUP;

/// Where one log's full tiles and bundles are.
pub(crate) struct Shelf(Arc<Shared>);

struct Shared {
    objects: Objects,
    held: Mutex<Held>,
    /// Held by who writes a group.
    writing: tokio::sync::Mutex<()>,
    /// Behind a lock that a writer of files holds; true once nothing is to be written any more.
    closed: Mutex<bool>,
    durable: AtomicU64,
    written: Counter,
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
    /// One that was damaged where it lies was made again.
    mended: bool,
}

/// An object with its name.
pub(crate) type Object = (String, Vec<u8>);

/// What a name leads to.
pub(crate) enum Found {
    /// Made by this process from the store, not written yet.
    Held(Arc<Vec<u8>>),
    /// Read from where it lies: perhaps not what was written there.
    Read(bytes::Bytes),
}

impl AsRef<[u8]> for Found {
    fn as_ref(&self) -> &[u8] {
        match self {
            Found::Held(bytes) => bytes,
            Found::Read(bytes) => bytes,
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    /// With these objects, which are whole up to a tree of `durable` leaves. One that is only read writes nothing.
    pub(crate) fn open(objects: Objects, durable: u64, mode: Mode) -> Self {
        let closed = Mutex::new(mode == Mode::Reading);
        let (held, writing, durable) = (Mutex::default(), tokio::sync::Mutex::default(), AtomicU64::new(durable));
        let (written, writes) = (Counter::new(), AtomicBool::new(true));
        Shelf(Arc::new(Shared { objects, held, writing, closed, durable, written, writes }))
    }

    /// One, wherever it is.
    pub(crate) async fn read(&self, name: &str) -> Result<Option<Found>, Error> {
        let held = locked(&self.0.held).objects.get(name).cloned();
        match held {
            Some(one) => Ok(Some(Found::Held(one.bytes))),
            None => Ok(self.0.objects.read(name).await?.map(Found::Read)),
        }
    }

    /// Takes those in that became full with a tree of `whole` leaves.
    pub(crate) fn put(&self, full: Vec<Object>, whole: u64) {
        let mut held = locked(&self.0.held);
        held.objects.extend(full.into_iter().map(|(name, bytes)| (name, One { bytes: Arc::new(bytes), whole })));
        held.whole = held.whole.max(whole);
    }

    /// Takes one in that was made again, because it was not there or not what was written; it is written once more.
    pub(crate) fn mend(&self, name: String, bytes: Vec<u8>) {
        let mut held = locked(&self.0.held);
        if held.objects.len() < MOST {
            let whole = held.whole;
            held.objects.insert(name, One { bytes: Arc::new(bytes), whole });
            held.mended = true;
        }
    }

    /// Another process writes: what this one holds goes once it is told that it lies there.
    pub(crate) fn only_read(&self) {
        self.0.writes.store(false, SeqCst);
    }

    /// This process writes.
    pub(crate) fn reads_and_writes(&self) {
        self.0.writes.store(true, SeqCst);
    }

    /// Another process wrote all of the tree of so many leaves.
    pub(crate) fn written(&self, whole: u64) {
        self.0.durable.fetch_max(whole, SeqCst);
        locked(&self.0.held).objects.retain(|_, one| one.whole > whole);
    }

    /// Waits for a place where too many are held; fails where nobody takes them.
    pub(crate) async fn room(&self) -> Result<()> {
        let full = self.held() >= MOST;
        if full { self.flush().await } else { Ok(()) }
    }

    /// How many wait to be written.
    pub(crate) fn held(&self) -> usize {
        locked(&self.0.held).objects.len()
    }

    /// Waits until all that is held is durable.
    pub(crate) async fn flush(&self) -> Result<()> {
        Ok(Arc::clone(&self.0).flush().await?)
    }

    /// Has a group written once there is one, beside whoever calls.
    pub(crate) fn tidy(&self) {
        let due = {
            let held = locked(&self.0.held);
            held.objects.len() >= GROUP || held.mended
        };
        // one that writes already takes all in
        if !due || self.0.writing.try_lock().is_err() {
            return;
        }
        let shared = Arc::clone(&self.0);
        let _detached = tokio::spawn(async move {
            if let Err(error) = shared.flush().await {
                tracing::error!(%error, "tiles cannot be written; they are kept in memory and tried again");
            }
        });
    }

    /// How many tiles and bundles are held, and how many were written since the start.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.held() as u64, self.0.written.read())
    }

    /// The tree of so many leaves has all its full tiles where they survive a crash.
    pub(crate) fn durable(&self) -> u64 {
        self.0.durable.load(SeqCst)
    }
}

impl Shared {
    async fn flush(self: Arc<Self>) -> Result<(), Error> {
        let _one_at_a_time = self.writing.lock().await;
        let (group, whole) = {
            let held = locked(&self.held);
            (held.objects.clone(), held.whole)
        };
        if *locked(&self.closed) || group.is_empty() || !self.writes.load(SeqCst) {
            return Ok(());
        }
        let named: Vec<object::Object> =
            group.iter().map(|(name, one)| (name.clone(), Arc::clone(&one.bytes))).collect();
        if self.objects.is_remote() {
            self.objects.put_all(named).await?;
        } else {
            let shared = Arc::clone(&self);
            let write = move || {
                // whoever closes the shelf waits here for its last group
                let closed = locked(&shared.closed);
                if *closed { Ok(false) } else { shared.objects.put_here(&named).map(|()| true) }
            };
            let written = tokio::task::spawn_blocking(write).await;
            if !written.map_err(|e| Error::from(std::io::Error::other(e)))?? {
                return Ok(());
            }
            tegata_fault::at(Point::TilesSynced);
        }
        self.written.many(group.len() as u64);
        self.durable.fetch_max(whole, SeqCst);
        let mut held = locked(&self.held);
        held.mended = false;
        held.objects.retain(|name, one| group.get(name).is_none_or(|it| !Arc::ptr_eq(&it.bytes, &one.bytes)));
        Ok(())
    }
}

impl Drop for Shelf {
    /// Waits for a writer of files, so that whoever opens the folder next is alone with it.
    fn drop(&mut self) {
        *locked(&self.0.closed) = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tegata_store::object::Place;

    fn named(range: std::ops::Range<usize>) -> Vec<Object> {
        range.map(|i| (format!("tile/0/{i:03}"), vec![i as u8; 8])).collect()
    }

    fn open(folder: &tempfile::TempDir, mode: Mode) -> Shelf {
        Shelf::open(Place::local(folder.path()).objects("").unwrap(), 0, mode)
    }

    async fn read(shelf: &Shelf, name: &str) -> Option<Vec<u8>> {
        shelf.read(name).await.unwrap().map(|found| found.as_ref().to_vec())
    }

    #[tokio::test]
    async fn a_group_is_written_whole_and_read_throughout() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = open(&folder, Mode::Existing);
        shelf.put(named(0..3), 768);
        let file = folder.path().join("tile/0/002");
        assert_eq!((read(&shelf, "tile/0/002").await, shelf.durable()), (Some(vec![2; 8]), 0));
        assert!(!file.exists());
        shelf.flush().await.unwrap();
        assert_eq!((read(&shelf, "tile/0/002").await, shelf.durable()), (Some(vec![2; 8]), 768));
        assert!(file.exists() && locked(&shelf.0.held).objects.is_empty());
        assert_eq!(read(&shelf, "tile/0/003").await, None);
    }

    #[tokio::test]
    async fn a_file_that_a_crash_left_torn_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("tile/0")).unwrap();
        std::fs::write(folder.path().join("tile/0/001"), "torn").unwrap();
        let shelf = open(&folder, Mode::Existing);
        shelf.put(named(0..2), 512);
        assert_eq!(read(&shelf, "tile/0/001").await, Some(vec![1; 8]));
        shelf.flush().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("tile/0/001")).unwrap(), [1; 8]);
    }

    #[tokio::test]
    async fn what_the_disk_does_not_take_stays_and_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = open(&folder, Mode::Existing);
        std::fs::write(folder.path().join("tile"), "in the way").unwrap();
        shelf.put(named(0..MOST - 1), 256);
        shelf.room().await.unwrap();
        assert!(shelf.flush().await.is_err());
        assert_eq!((read(&shelf, "tile/0/001").await, shelf.durable()), (Some(vec![1; 8]), 0));
        shelf.put(named(MOST - 1..MOST), 512);
        assert!(shelf.room().await.is_err(), "no more is taken in");
        std::fs::remove_file(folder.path().join("tile")).unwrap();
        shelf.room().await.unwrap();
        assert_eq!(shelf.durable(), 512);
    }

    #[tokio::test]
    async fn one_that_is_only_read_holds_all_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = open(&folder, Mode::Reading);
        shelf.put(named(0..MOST), 256);
        shelf.room().await.unwrap();
        shelf.tidy();
        shelf.flush().await.unwrap();
        assert_eq!((read(&shelf, "tile/0/001").await, shelf.durable()), (Some(vec![1; 8]), 0));
        assert!(!folder.path().join("tile").exists());
    }

    #[tokio::test]
    async fn a_group_is_written_beside_the_caller() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = open(&folder, Mode::Existing);
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
