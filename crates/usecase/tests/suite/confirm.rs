//! Confirming what a line made, and voiding what it never confirmed.

use crate::world::{World, day};
use tegata_domain::batch::{Batch, Confirmation as Mode};
use tegata_domain::credential::{CredentialState, Digest};
use tegata_domain::number::Number;
use tegata_domain::product::CredentialPolicy;
use tegata_usecase::certificate::identify;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, Confirmation, Made, act, by_number, confirm, events, readback, void_due};
use tegata_usecase::{Kind, batch, finding};

fn digest(n: u8) -> Digest {
    Digest { salt: [n; 16], hash: [n; 32] }
}

/// A batch that requires confirmation, with so many devices.
async fn line(world: &World, count: u32) -> (Batch, Vec<(Made, Number)>) {
    let (batch, ticket) = world.permit(count, CredentialPolicy::Unique, Mode::Required).await;
    let serials: Vec<String> = (0..count).map(|i| format!("S-{i}")).collect();
    let made = world.make(&ticket, &serials).await.into_iter().map(|(_, made)| made.unwrap());
    (batch, made.map(|made| (made.clone(), Number::parse(&made.number).unwrap())).collect())
}

async fn kinds(world: &World, number: Number) -> Vec<&'static str> {
    let all = events(number, (0, 10), &world.maker(), world.cx()).await.unwrap();
    all.iter().map(|(event, _)| event.kind.name()).collect()
}

async fn findings(world: &World) -> Vec<String> {
    let all = finding::list(None, (0, 1000), &world.maker(), world.cx()).await.unwrap();
    all.into_iter().map(|seen| seen.finding.kind).collect()
}

#[tokio::test]
async fn a_chunk_is_confirmed_once_and_the_same_again_changes_nothing() {
    let world = World::new().await;
    let (batch, made) = line(&world, 3).await;
    let stream = readback(batch.uid, &world.maker(), world.cx()).await.unwrap();
    let with = |place: usize, n: u8| Confirmation { number: made[place].1, credential: Some(digest(n)) };
    let bare = Confirmation { number: made[2].1, credential: None };
    let asked = [with(0, 1), with(1, 2), with(0, 1), bare];
    for _ in 0..2 {
        let outcomes = confirm(&asked, &stream, world.cx()).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
    for (_, number) in &made {
        assert_eq!(kinds(&world, *number).await, ["made", "confirmed"]);
    }
    let row = by_number(made[0].1, &world.maker(), world.cx()).await.unwrap().device.row;
    let kept = world.cx().store.credential().of_device(row).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.initial), (CredentialState::Initial, Some(digest(1))));
    let row = by_number(made[2].1, &world.maker(), world.cx()).await.unwrap().device.row;
    assert_eq!(world.cx().store.credential().of_device(row).await.unwrap(), None);
    assert_eq!(findings(&world).await, [""; 0]);
}

#[tokio::test]
async fn another_password_is_refused_and_found_whatever_way_it_comes() {
    let world = World::new().await;
    let (batch, made) = line(&world, 1).await;
    let number = made[0].1;
    let say = |n| Saying { credential: Some(digest(n)), ..Saying::default() };
    let maker = world.maker();
    act(number, Act::Confirm, say(1), &maker, world.cx()).await.unwrap();
    act(number, Act::Confirm, say(1), &maker, world.cx()).await.unwrap();
    let refused = act(number, Act::Confirm, say(2), &maker, world.cx()).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Conflict, "another_credential"));
    let stream = readback(batch.uid, &maker, world.cx()).await.unwrap();
    let asked = [Confirmation { number, credential: Some(digest(3)) }];
    let refused = confirm(&asked, &stream, world.cx()).await.unwrap().remove(0).unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Conflict, "another_credential"));
    assert_eq!(findings(&world).await, ["another_credential"; 2]);
    assert_eq!(kinds(&world, number).await, ["made", "confirmed"]);
    let misplaced = act(number, Act::Ship, say(1), &maker, world.cx()).await.unwrap_err();
    assert_eq!((misplaced.kind, misplaced.code), (Kind::Invalid, "credential"));
}

#[tokio::test]
async fn a_stream_confirms_devices_of_its_batch_only() {
    let world = World::new().await;
    let (batch, _) = line(&world, 1).await;
    let (_, others) = line(&world, 2).await;
    let stream = readback(batch.uid, &world.maker(), world.cx()).await.unwrap();
    let asked = [Confirmation { number: others[0].1, credential: None }];
    let refused = confirm(&asked, &stream, world.cx()).await.unwrap().remove(0).unwrap_err();
    assert_eq!(refused.kind, Kind::NotFound);
    assert_eq!(kinds(&world, others[0].1).await, ["made"]);
}

#[tokio::test]
async fn what_is_not_confirmed_in_time_is_voided() {
    let world = World::new().await;
    // more than a page, so that the round goes on behind it
    let (batch, made) = line(&world, 300).await;
    let maker = world.maker();
    act(made[1].1, Act::Confirm, Saying::default(), &maker, world.cx()).await.unwrap();
    world.clock.pass(day(7) - std::time::Duration::from_secs(60));
    assert_eq!(void_due(world.cx()).await.unwrap(), 0, "there is time left");
    let (_, late) = line(&world, 2).await;
    assert_eq!(identify(&made[0].0.certificate, world.cx()).await.unwrap_err().code, "life", "not confirmed yet");
    world.clock.pass(std::time::Duration::from_secs(60));
    assert_eq!(void_due(world.cx()).await.unwrap(), 299);
    assert_eq!(void_due(world.cx()).await.unwrap(), 0);
    let voided = by_number(made[0].1, &maker, world.cx()).await.unwrap().device;
    assert_eq!((voided.stage.name(), voided.confirmed), ("retired", false));
    let (event, _) = events(made[0].1, (1, 10), &maker, world.cx()).await.unwrap().remove(0);
    assert_eq!((event.kind.name(), &event.data["by"]), ("retired", &"platform".into()));
    assert!(event.data["reason"].as_str().unwrap().contains("did not confirm"));
    let refused = identify(&made[0].0.certificate, world.cx()).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Denied, "certificate"), "{}", refused.public);
    assert!(identify(&made[1].0.certificate, world.cx()).await.is_ok(), "the confirmed one goes on");
    assert_eq!(kinds(&world, late[0].1).await, ["made"], "made later");
    let confirmed_late = act(made[0].1, Act::Confirm, Saying::default(), &maker, world.cx()).await.unwrap_err();
    assert_eq!((confirmed_late.kind, confirmed_late.code), (Kind::Conflict, "life"));
    assert_eq!(batch::by_uid(batch.uid, &maker, world.cx()).await.unwrap().batch.issued, 300, "no place is given back");
    assert_eq!(findings(&world).await, vec!["never_confirmed"; 299]);
}

#[tokio::test]
async fn what_needs_no_confirmation_is_never_voided() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    world.clock.pass(day(400));
    assert_eq!(void_due(world.cx()).await.unwrap(), 0);
    assert_eq!(kinds(&world, number).await, ["made"]);
}
