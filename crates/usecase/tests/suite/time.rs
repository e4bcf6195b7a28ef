//! A clock that cannot be trusted: nothing is dated by it.

use crate::world::{World, day};
use tegata_usecase::Kind;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};

#[tokio::test]
async fn a_jump_stops_writes_until_the_clock_is_back() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    world.clock.jump(true);
    let maker = world.maker();
    let ship = || act(number, Act::Ship, Saying::default(), &maker, world.cx());
    let refused = ship().await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Unavailable, "clock_jumped"));
    assert!(!tegata_usecase::platform::ready(world.cx()).await.problems.is_empty());
    world.clock.jump(false);
    ship().await.unwrap();
}

#[tokio::test]
async fn a_clock_behind_the_newest_event_is_refused_at_start() {
    let mut world = World::new().await;
    world.one().await;
    world.close();
    world.clock.back(day(1));
    let refused = world.open().await.unwrap_err();
    assert!(refused.code == "clock_jumped" && refused.public.contains("NTP"), "{}", refused.public);
    world.clock.pass(day(1));
    world.open().await.unwrap();
}
