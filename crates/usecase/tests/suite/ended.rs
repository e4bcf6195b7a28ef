//! A token that ends after its request was judged: what was decided on it is not committed.

use crate::world::{World, day};
use std::sync::Arc;
use tegata_domain::batch::{Confirmation, NewBatch};
use tegata_domain::organisation::{Kinds, OrganisationKind};
use tegata_domain::permit::{Actor, Role};
use tegata_keys::request::request;
use tegata_keys::signer::Signer;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::make::Request;
use tegata_usecase::device::{self, Act};
use tegata_usecase::organisation::NewOrganisation;
use tegata_usecase::transfer::Offering;
use tegata_usecase::{Error, Kind, Result, audit, batch, erasure, notice, organisation, product, token, transfer};

#[track_caller]
fn refused<T>(outcome: Result<T>) {
    match outcome {
        Err(Error { kind: Kind::NoCredential, code: "token", .. }) => {}
        Err(other) => panic!("not refused for its token: {other:?}"),
        Ok(_) => panic!("done on a token that ended"),
    }
}

/// The administrator behind a new token, and what ends that token.
async fn administrator(world: &World) -> (Actor, tegata_domain::id::Uuid) {
    let new = token::NewToken { name: "short".into(), role: Role::Administrator, life: day(1) };
    let (made, secret) = token::create(new, &world.maker(), world.cx()).await.unwrap();
    (token::authenticate(&secret, world.cx()).await.unwrap(), made.uid)
}

#[tokio::test]
async fn nothing_is_done_on_a_token_that_ended_meanwhile() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let (batch, _) = world.permit(10, tegata_domain::product::CredentialPolicy::Unique, Confirmation::Implied).await;
    let (actor, own) = administrator(&world).await;
    let (other, spare) = administrator(&world).await;
    let product = product::list(0, 1, &actor, world.cx()).await.unwrap()[0].uid;
    let ticket = Arc::new(device::ticket(batch.uid, &actor, world.cx()).await.unwrap());
    let (owner, _) = world.enter("Household", OrganisationKind::Household).await;
    token::end(own, &other, world.cx()).await.unwrap();
    let cx = world.cx();
    let before = audit::list(0, 1000, &world.maker(), cx).await.unwrap().len();
    let kinds = Kinds::of(&[OrganisationKind::Operator]);
    refused(organisation::create(NewOrganisation { name: "New".into(), kinds }, &actor, cx).await);
    let new = token::NewToken { name: "more".into(), role: Role::Auditor, life: day(1) };
    refused(token::create(new, &actor, cx).await);
    refused(token::end(spare, &actor, cx).await);
    refused(device::act(number, Act::by_name("quarantine").unwrap(), Saying::default(), &actor, cx).await);
    refused(transfer::offer(number, Offering::default(), &actor, cx).await);
    refused(notice::set_contact(Some("a@example.com"), None, &actor, cx).await);
    let new = NewBatch { quantity: 1, confirmation: Confirmation::Implied, valid_from: None, valid_until: None };
    refused(batch::open(product, new, None, &actor, cx).await);
    let csr = request(&Signer::generate_p256().unwrap().0).unwrap();
    let made = device::make(vec![Request { serial: "LATE".into(), csr }], &ticket, cx).await.unwrap();
    made.into_iter().for_each(refused);
    refused(erasure::erase(owner.uid, "Household", &actor, cx).await);
    assert!(token::authenticate("nothing", cx).await.is_err());
    assert_eq!(audit::list(0, 1000, &world.maker(), cx).await.unwrap().len(), before, "a refused act left a trace");
    assert!(!world.data.join("tombstones.ndjson").exists(), "no erasure was begun");
    // what the other token carries is done
    device::act(number, Act::by_name("quarantine").unwrap(), Saying::default(), &other, cx).await.unwrap();
}

/// A token that expires between is one that ended.
#[tokio::test]
async fn nor_on_one_that_expired() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let (actor, _) = administrator(&world).await;
    world.clock.pass(day(1));
    refused(device::act(number, Act::by_name("quarantine").unwrap(), Saying::default(), &actor, world.cx()).await);
}
