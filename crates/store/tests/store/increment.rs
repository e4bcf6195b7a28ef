//! What changed between two copies, and that a base with all changes laid over it is the newest copy.

use crate::fixture::*;
use std::path::{Path, PathBuf};
use tegata_domain::id::DeviceRow;
use tegata_store::snapshot::{self, DATABASE};
use tegata_store::{Ended, increment};

/// FNV-1a, four times: a test needs no cryptography.
fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (i, part) in out.chunks_mut(8).enumerate() {
        let begin = 0xcbf2_9ce4_8422_2325_u64 ^ i as u64;
        let hash = bytes.iter().fold(begin, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        part.copy_from_slice(&hash.to_be_bytes());
    }
    out
}

/// A copy with its map, and the digest of the whole.
struct Copy {
    folder: tempfile::TempDir,
    all: [u8; 32],
}

impl Copy {
    fn of(world: &World) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        copied(world.folder.path(), folder.path());
        let all = increment::map(&folder.path().join(DATABASE), &folder.path().join("map"), &digest, &|_| ()).unwrap();
        Copy { folder, all }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it has otherwise than `base`.
    fn since(&self, base: &Copy, name: &str) -> (PathBuf, u64) {
        let out = self.at(name);
        let ranges = increment::difference(&self.at(DATABASE), [&self.at("map"), &base.at("map")], &out).unwrap();
        (out, ranges)
    }
}

fn mapped(database: &Path) -> [u8; 32] {
    let out = tempfile::tempdir().unwrap();
    increment::map(database, &out.path().join("map"), &digest, &|_| ()).unwrap()
}

#[tokio::test]
async fn a_base_with_its_changes_is_the_newest_copy() {
    let world = World::new(1000).await;
    let made: Vec<_> = (1..=100_u8).map(|row| made(row.into(), &format!("S{row}"), row)).collect();
    world.store.save_all(made, &permit(), NOW).await.unwrap();
    let base = Copy::of(&world);
    assert_eq!(Copy::of(&world).all, base.all, "the same rows have the same digest");

    let later: Vec<_> = (101..=103_u8).map(|row| crate::fixture::made(row.into(), &format!("S{row}"), row)).collect();
    world.store.save_all(later, &permit(), NOW).await.unwrap();
    let second = Copy::of(&world);
    let (changed, ranges) = second.since(&base, "changed");
    assert_ne!(second.all, base.all);
    assert!(ranges < 20, "{ranges} ranges for three devices at one end");

    // rows that go, too: device 1 is forgotten as an erasure does it
    let ended = Ended { device: DeviceRow(1), period: 0, next_key: None };
    world.store.erasure().periods(vec![ended], NOW, &permit()).await.unwrap();
    let third = Copy::of(&world);
    let (erased, ranges) = third.since(&second, "erased");
    assert!((1..5).contains(&ranges), "{ranges} ranges for one device");

    increment::lay_over(&base.at("map"), &changed).unwrap();
    assert_eq!(second.since(&base, "nothing").1, 0, "a map with its changes is the map of then");
    let restored = base.at(DATABASE);
    increment::apply(&restored, &changed).unwrap();
    assert_eq!(mapped(&restored), second.all);
    increment::apply(&restored, &erased).unwrap();
    increment::tidy(&restored).unwrap();
    assert_eq!(mapped(&restored), third.all);
    assert_eq!(snapshot::counts(base.folder.path()).unwrap(), snapshot::counts(third.folder.path()).unwrap());
}
