//! A release is entered only while what it was decided on holds.

use crate::fixture::*;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::id::*;
use tegata_domain::release::{Publication, Release, ReleaseKey};
use tegata_store::{SaveError, Store};

fn key(row: i64) -> ReleaseKey {
    ReleaseKey {
        row: ReleaseKeyRow(row),
        uid: uid(700 + row as u128),
        product: ProductRow(1),
        spki: vec![row as u8; 8],
        created_at: NOW,
        ended_at: None,
    }
}

fn release(row: i64, security_version: u32, key: Option<Uuid>) -> Release {
    Release {
        row: ReleaseRow(row),
        uid: uid(800 + row as u128),
        product: ProductRow(1),
        organisation: OrganisationRow(1),
        version: row.to_string(),
        security_version,
        remedy: false,
        file_name: "image".into(),
        size: 1,
        sha256: [0; 32],
        sha1: [0; 20],
        md5: [0; 16],
        signature: Vec::new(),
        key,
        created_at: NOW,
    }
}

async fn enter(store: &Store, release: Release, highest: u32) -> Result<(), Refused> {
    let write = Write::Release(Box::new(Publication { release, highest }));
    match store.save(Change::of("", vec![write]), &permit(), NOW).await {
        Ok(()) => Ok(()),
        Err(SaveError::Refused(refused)) => Err(refused),
        Err(SaveError::Store(error)) => panic!("{error}"),
    }
}

async fn save(store: &Store, write: Write) {
    store.save(Change::of("", vec![write]), &permit(), NOW).await.unwrap();
}

#[tokio::test]
async fn under_a_key_that_signs_still() {
    let world = World::new(1).await;
    let (store, live) = (&world.store, key(1));
    assert_eq!(enter(store, release(1, 0, None), 0).await, Ok(()), "no key, none needed");
    save(store, Write::ReleaseKey(live.clone())).await;
    assert_eq!(enter(store, release(2, 0, None), 0).await, Err(Refused::Stale), "a key came meanwhile");
    assert_eq!(enter(store, release(2, 0, Some(live.uid)), 0).await, Ok(()));
    save(store, Write::ReleaseKeyEnd(live.row, NOW)).await;
    assert_eq!(enter(store, release(3, 0, Some(live.uid)), 0).await, Err(Refused::Stale), "it ended meanwhile");
    assert_eq!(enter(store, release(3, 0, Some(uid(999))), 0).await, Err(Refused::Stale), "nobody's key");
    assert!(store.release().by_row(ReleaseRow(3)).await.unwrap().is_none());
    assert_eq!(enter(store, release(3, 0, None), 0).await, Ok(()), "no key again");
}

#[tokio::test]
async fn while_no_newer_one_is_out() {
    let world = World::new(1).await;
    let store = &world.store;
    assert_eq!(enter(store, release(1, 5, None), 5).await, Ok(()));
    assert_eq!(enter(store, release(2, 4, None), 4).await, Err(Refused::Stale), "decided before 5 was out");
    assert_eq!(enter(store, release(2, 4, None), 5).await, Ok(()), "an older one that was allowed, knowing of 5");
    assert_eq!(enter(store, release(2, 6, None), 6).await, Err(Refused::Exists), "another of this version");
}
