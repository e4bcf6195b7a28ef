//! A disk that is full: the update ends with that reason, and the agent can write it down.

use crate::platform::Platform;
use crate::unit::Unit;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tegata_agent::disk::{Disk, Files};

/// A real disk with room for so many bytes of an image; once they are used, nothing else is written either.
struct Small {
    room: u64,
    used: AtomicU64,
}

fn is_image(path: &Path) -> bool {
    path.ends_with("image")
}

impl Disk for Small {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        Files.read(path, limit)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Files.open(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.used.load(SeqCst) >= self.room {
            return Err(ErrorKind::StorageFull.into());
        }
        Files.write(path, bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let fits = (self.room - self.used.load(SeqCst)).min(bytes.len() as u64);
        self.used.fetch_add(fits, SeqCst);
        Files.append(path, &bytes[..fits as usize])?;
        if fits < bytes.len() as u64 { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        Files.truncate(path, length)?;
        self.used.store(length, SeqCst);
        Ok(())
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        Files.overwrite(path)
    }

    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        Files.length(path)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        Files.sync(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Files.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if is_image(path) {
            self.used.store(0, SeqCst);
        }
        Files.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        Files.sync_folder(folder)
    }
}

#[test]
fn an_image_without_room_ends_its_update() {
    let image: Vec<u8> = (0..40_000u32).flat_map(u32::to_le_bytes).collect();
    // full in the middle of the image, and when its state is to be saved
    for room in [100_000, image.len() as u64] {
        let platform = Platform::new();
        let mut unit = Unit::on(&platform, Arc::new(Small { room, used: AtomicU64::new(0) }), &[]);
        unit.round();
        platform.offer(8, &image, &Platform::manifest(&image), |_| {});
        unit.until("refused", |_| platform.desk().closed == Some(false));
        assert!(platform.reason().contains("no room"), "{}", platform.reason());
        unit.until("forgotten", |unit| unit.state("update.json").is_none());
        assert!(!unit.path("state/image").exists());
    }
}
