//! Places of leaves, the heads and their checkpoints.

use crate::fixture::*;
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::{Checkpoint, Head, Log};
use tegata_store::{Mode, Store};

fn head(size: u64) -> Head {
    Head { size, root: [size as u8; 32] }
}

fn note(size: u64) -> Checkpoint {
    Checkpoint { head: head(size), note: format!("size {size}") }
}

async fn place(store: &Store, device: i64) -> u64 {
    store.event().by_sequence(DeviceRow(device), 1).await.unwrap().unwrap().1
}

#[tokio::test]
async fn leaves_get_their_places_with_their_commit() {
    let world = World::new(10).await;
    let changes = vec![made(1, "A", 1), made(2, "B", 2), made(9, "A", 9), made(3, "C", 3)];
    world.store.save_all(changes, &permit(), NOW).await.unwrap();
    let ledger = world.store.ledger();
    assert_eq!((place(&world.store, 1).await, place(&world.store, 2).await, place(&world.store, 3).await), (0, 1, 2));
    assert_eq!(ledger.waiting().await.unwrap(), 3, "the refused one has none");
    let handed = ledger.waiting_from(Log::Devices, 0, 10).await.unwrap();
    assert_eq!((handed.len(), handed.end()), (3, 3));
    let read = ledger.waiting_from(Log::Devices, 0, 10).await.unwrap();
    assert!(read.iter().eq(handed.iter()), "what was handed over once is read from the store");
    assert!(ledger.waiting_from(Log::Devices, 3, 10).await.unwrap().is_empty());
    assert_eq!(ledger.contents(Log::Devices, 1, 5).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_change_that_is_taken_back_leaves_no_gap() {
    let world = World::new(10).await;
    let fact = || Write::Fact(Fact::retention_policy(NOW));
    let writes = vec![fact(), fact(), Write::Organisation(organisation())];
    let refused = Change { writes, subject: String::new() };
    let changes = vec![Change { writes: vec![fact()], subject: String::new() }, refused];
    let outcomes = world.store.save_all(changes, &permit(), NOW).await.unwrap();
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    let ledger = world.store.ledger();
    assert_eq!(ledger.waiting_from(Log::Facts, 0, 10).await.unwrap().len(), 1);
    world.store.save(Change { writes: vec![fact()], subject: String::new() }, &permit(), NOW).await.unwrap();
    assert_eq!(ledger.waiting_from(Log::Facts, 1, 10).await.unwrap().len(), 1);
    assert_eq!(ledger.contents(Log::Facts, 0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn places_go_on_after_a_start() {
    let World { store, folder } = World::new(10).await;
    store.save_all(vec![made(1, "A", 1), made(2, "B", 2)], &permit(), NOW).await.unwrap();
    drop(store);
    let store = open(folder.path(), Mode::Existing).unwrap();
    store.save(made(3, "C", 3), &permit(), NOW).await.unwrap();
    assert_eq!(place(&store, 3).await, 2);
    let ledger = store.ledger();
    let before = ledger.waiting_from(Log::Devices, 0, 10).await.unwrap();
    assert!(before.end() >= 2, "up to the start from the store");
    assert_eq!(ledger.waiting_from(Log::Devices, 2, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_head_is_swapped_and_only_grows() {
    let world = World::new(10).await;
    let empty = Head { size: 0, root: [0; 32] };
    world.store.save_all((1..=5).map(|i| made(i, &format!("S{i}"), i as u8)).collect(), &permit(), NOW).await.unwrap();
    let ledger = world.store.ledger();
    let advance = |old, new, tiled| ledger.advance(Log::Devices, old, note(new), tiled);
    assert!(!advance(head(7), 10, 0).await.unwrap(), "from another head");
    assert!(!advance(empty, 6, 0).await.unwrap(), "past the leaves in the store");
    assert!(advance(empty, 3, 0).await.unwrap());
    assert!(!advance(empty, 3, 0).await.unwrap(), "a second time");
    assert!(!advance(head(3), 2, 0).await.unwrap(), "backwards");
    assert_eq!(ledger.waiting().await.unwrap(), 2);
    assert!(advance(head(3), 5, 4).await.unwrap());
    let standing = ledger.standing(Log::Devices).await.unwrap();
    assert_eq!((standing.head, standing.note.as_deref(), standing.tiled), (head(5), Some("size 5"), 4));
    assert_eq!(ledger.standing(Log::Facts).await.unwrap().note, None);
}

#[tokio::test]
async fn what_no_checkpoint_covers_is_not_proved() {
    let world = World::new(10).await;
    world.store.save_all(vec![made(1, "A", 1), made(2, "B", 2)], &permit(), NOW).await.unwrap();
    let mut proved = Vec::new();
    for size in [1, 2] {
        proved.push(world.store.device().glance(DeviceRow(2), size).await.unwrap().unwrap().1);
    }
    assert_eq!(proved, [0, 1]);
}
