//! Tokens of devices: one a device, and none for a period that is over.

use crate::fixture::*;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::device::{Device, Stage};
use tegata_domain::id::DeviceRow;
use tegata_domain::target_token::TargetToken;

fn token(device: i64, period: u32, byte: u8) -> TargetToken {
    TargetToken { device: DeviceRow(device), period, hash: [byte; 32], created_at: NOW }
}

fn put(token: &TargetToken) -> Change {
    Change::of("", vec![Write::TargetToken(token.clone())])
}

#[tokio::test]
async fn a_new_token_takes_the_place_of_the_old_one() {
    let world = World::new(10).await;
    world.store.save_all(vec![made(1, "A", 1), made(2, "B", 2)], &permit(), NOW).await.unwrap();
    assert_eq!(world.store.target_token().of(DeviceRow(1)).await.unwrap(), None);
    for token in [token(1, 0, 7), token(2, 0, 8), token(1, 0, 9)] {
        world.store.save(put(&token), &permit(), NOW).await.unwrap();
        assert_eq!(world.store.target_token().of(token.device).await.unwrap(), Some(token));
    }
    assert_eq!(world.store.target_token().of(DeviceRow(2)).await.unwrap(), Some(token(2, 0, 8)));
}

#[tokio::test]
async fn a_device_that_went_on_gets_none() {
    let world = World::new(10).await;
    world.store.save(made(1, "A", 1), &permit(), NOW).await.unwrap();
    let retired = Device { stage: Stage::Retired, sequence: 2, ..device(1, "A", 1) };
    let retire = Write::Device { decided_on: 1, device: Box::new(retired), events: vec![event(2)] };
    let refused = |change| async { world.store.save_all(vec![change], &permit(), NOW).await.unwrap() };
    assert_eq!(refused(put(&token(1, 1, 7))).await, [Err(Refused::Stale)], "another period");
    assert_eq!(refused(put(&token(5, 0, 7))).await, [Err(Refused::Stale)], "no device");
    world.store.save(Change::of("", vec![retire]), &permit(), NOW).await.unwrap();
    assert_eq!(refused(put(&token(1, 0, 7))).await, [Err(Refused::Stale)], "retired meanwhile");
    assert_eq!(world.store.target_token().of(DeviceRow(1)).await.unwrap(), None);
}
