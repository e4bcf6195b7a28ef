//! The queue, the places of leaves, the heads and checkpoints.

use crate::fixture::*;
use tegata_domain::ledger::{Checkpoint, Head, Log};
use tegata_store::Placed;

fn head(size: u64) -> Head {
    Head { size, root: [size as u8; 32] }
}

#[tokio::test]
async fn leaves_get_their_places_once() {
    let world = World::new(10).await;
    let changes = vec![made(1, "A", 1), made(2, "B", 2), made(3, "C", 3)];
    world.store.save_all(changes, &permit(), NOW).await.unwrap();
    let ledger = world.store.ledger();
    let queued = ledger.queue(Log::Devices, 10).await.unwrap();
    assert_eq!(queued.iter().map(|q| q.item).collect::<Vec<_>>(), [1, 2, 3], "in the order of their commits");
    let placed: Vec<Placed> = (0..).zip(queued.clone()).collect();
    assert!(!ledger.advance(Log::Devices, head(7), head(10), placed.clone()).await.unwrap(), "from another head");
    assert_eq!(ledger.queue(Log::Devices, 10).await.unwrap().len(), 3);
    assert!(ledger.advance(Log::Devices, head(0), head(3), placed.clone()).await.unwrap());
    assert!(!ledger.advance(Log::Devices, head(0), head(3), placed).await.unwrap(), "a second time");
    assert_eq!(ledger.head(Log::Devices).await.unwrap(), head(3));
    assert_eq!(ledger.waiting().await.unwrap(), 0);
    assert_eq!(ledger.contents(Log::Devices, 1, 5).await.unwrap().len(), 2);
    let (_, index) = world.store.event().by_sequence(tegata_domain::id::DeviceRow(2), 1).await.unwrap().unwrap();
    assert_eq!(index, Some(1));
    let proved = world.store.device().by_row_proved(tegata_domain::id::DeviceRow(3), 2).await.unwrap().unwrap().1;
    assert_eq!(proved, 0, "its leaf stands at 2, behind the published size");
}

#[tokio::test]
async fn a_checkpoint_only_grows() {
    let world = World::new(1).await;
    let ledger = world.store.ledger();
    let note = |size| Checkpoint { head: head(size), note: format!("size {size}") };
    assert!(ledger.publish(Log::Facts, note(5)).await.unwrap());
    assert!(!ledger.publish(Log::Facts, note(4)).await.unwrap());
    assert!(!ledger.publish(Log::Facts, note(5)).await.unwrap());
    assert!(ledger.publish(Log::Facts, note(9)).await.unwrap());
    assert_eq!(ledger.checkpoint(Log::Facts).await.unwrap(), Some(note(9)));
    assert_eq!(ledger.checkpoint(Log::Devices).await.unwrap(), None);
}
