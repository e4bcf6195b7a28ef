//! Copies for backups, and how a restored platform goes on.

use crate::fixture::*;
use std::path::Path;
use tegata_domain::change::Write;
use tegata_domain::id::{AuthorityRow, DeviceRow};
use tegata_domain::ledger::{Checkpoint, Head, Log};
use tegata_store::snapshot::{self, Beginning};
use tegata_store::{Mode, Progress, Row, ShardDue, Store};

const WORDS: &str = "words that only the fading part holds";

/// Whether any file of a folder holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|file| file.windows(bytes.len()).any(|window| window == bytes))
}

async fn written() -> World {
    let world = World::new(10).await;
    let mut changes = vec![made(1, "A", 1), made(2, "B", 2), made(3, "C", 3)];
    for change in &mut changes {
        let Some(Write::Made(made)) = change.writes.first_mut() else { panic!("a made device") };
        made.event.data = serde_json::json!({ "reason": WORDS });
        made.epoch_key = *b"an epoch key has thirty-two byte";
    }
    world.store.save_all(changes, &permit(), NOW).await.unwrap();
    world
}

#[tokio::test]
async fn a_copy_is_split_without_a_trace_and_put_together_again() {
    let world = written().await;
    let copy = tempfile::tempdir().unwrap();
    // the store is open, and goes on writing
    copied(world.folder.path(), copy.path());
    world.store.save(made(4, "D", 4), &permit(), NOW).await.unwrap();
    let counts = snapshot::counts(copy.path()).unwrap();
    assert_eq!((counts["device"], counts["epoch"], counts["event"]), (3, 3, 3));
    snapshot::split(copy.path()).unwrap();
    let fading = copy.path().join(snapshot::FADING);
    let aside = tempfile::tempdir().unwrap();
    std::fs::rename(&fading, aside.path().join("fading")).unwrap();
    assert!(!holds(copy.path(), WORDS.as_bytes()) && !holds(copy.path(), b"an epoch key has thirty-two byte"));
    assert!(holds(aside.path(), WORDS.as_bytes()) && holds(aside.path(), b"an epoch key has thirty-two byte"));
    std::fs::rename(aside.path().join("fading"), &fading).unwrap();
    snapshot::join(copy.path()).unwrap();
    assert_eq!(snapshot::counts(copy.path()).unwrap(), counts);
    let store = Store::open(copy.path(), Mode::Existing).unwrap();
    let (event, _) = store.event().by_sequence(DeviceRow(2), 1).await.unwrap().unwrap();
    assert_eq!(event.data["reason"], WORDS);
    assert_eq!(&store.event().epoch_key(DeviceRow(2), 0).await.unwrap(), b"an epoch key has thirty-two byte");
}

#[tokio::test]
async fn what_is_read_stays_at_its_moment() {
    let world = written().await;
    let reading = open(world.folder.path(), Mode::Reading).unwrap();
    assert!(reading.device().by_row(DeviceRow(3)).await.unwrap().is_some());
    world.store.save(made(4, "D", 4), &permit(), NOW).await.unwrap();
    assert!(world.store.device().by_row(DeviceRow(4)).await.unwrap().is_some());
    assert!(reading.device().by_row(DeviceRow(4)).await.unwrap().is_none(), "one moment");
    assert!(reading.save(made(5, "E", 5), &permit(), NOW).await.is_err(), "nothing can be written");
}

#[tokio::test]
async fn nothing_is_given_a_second_time() {
    let world = written().await;
    let store = &world.store;
    let due = |shard| ShardDue { authority: AuthorityRow(1), shard };
    let device = store.reserve(Row::Device, 1).await.unwrap();
    let product = store.reserve(Row::Product, 1).await.unwrap();
    let number = store.crl().next_number(due(0)).await.unwrap();
    let (empty, head) = (Head { size: 0, root: [0; 32] }, Head { size: 3, root: [7; 32] });
    let checkpoint = Checkpoint { head, note: "old".into() };
    assert!(store.ledger().advance(Log::Devices, empty, checkpoint.clone(), 256).await.unwrap());
    store.secret().add("ledger-facts", (1, 0, vec![1])).await.unwrap();
    let (far, near) = (1 << 30, 1 << 20);
    let log_keys = vec![("ledger-facts", 2, vec![2])];
    store.begin_again(Beginning { generation: "g2".into(), log_keys, far, near }).await.unwrap();
    assert!(store.reserve(Row::Device, 1).await.unwrap() >= device + far);
    assert!(store.reserve(Row::Product, 1).await.unwrap() >= product + near);
    assert!(store.reserve(Row::Batch, 1).await.unwrap() > far, "a counter that the backup did not know");
    assert!(store.crl().next_number(due(0)).await.unwrap() > number + near);
    assert!(store.crl().next_number(due(1)).await.unwrap() > far, "a list that the backup did not know");
    let standing = store.ledger().standing(Log::Devices).await.unwrap();
    assert_eq!(standing, Progress { head, note: None, tiled: 0 }, "the leaves stay, checkpoint and tiles do not");
    assert!(store.ledger().advance(Log::Devices, head, checkpoint, 0).await.unwrap(), "signed anew at the same size");
    assert_eq!(store.secret().versions("ledger-facts").await.unwrap(), [(2, 0, vec![2])]);
    assert_eq!(store.secret().fixed("generation").await.unwrap().as_deref(), Some("g2"));
    assert_eq!(store.crl().due(NOW).await.unwrap().len(), 2, "every list is signed anew");
}
