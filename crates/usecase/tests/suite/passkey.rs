//! Passkeys: made, logged in with, used once, taken off.

use crate::factor::demanded;
use crate::login::{browser, code, enter, holds, join};
use crate::world::World;
use serde_json::Value;
use std::time::Duration;
use tegata_domain::login::Strength;
use tegata_testkit::Authenticator;
use tegata_usecase::account::passkey;
use tegata_usecase::login::passkey as way;
use tegata_usecase::login::{self, Opened, Visitor};

fn authenticator() -> Authenticator {
    Authenticator::new("https://id.test")
}

/// Makes a passkey; answers the login that goes on.
async fn make(by: &mut Authenticator, visitor: &Visitor, world: &World) -> Opened {
    let (options, ticket) = passkey::begin(visitor, world.cx()).await.unwrap();
    let answer = by.create(&options).unwrap();
    passkey::finish(&ticket, (&answer, "Key"), visitor, browser(1), world.cx()).await.unwrap()
}

async fn open(by: &mut Authenticator, world: &World) -> tegata_usecase::Result<Opened> {
    let (options, ticket) = way::begin(world.cx()).unwrap();
    way::open(&ticket, &by.get(&options).unwrap(), browser(1), world.cx()).await
}

#[tokio::test]
async fn a_passkey_is_made_and_logs_in_without_a_name() {
    let world = World::new().await;
    let (visitor, mut phone) = (enter(&world).await, authenticator());
    let raised = make(&mut phone, &visitor, &world).await;
    assert_eq!(raised.visitor.login.strength, Strength::Passkey);
    assert!(holds(&raised, &world).await);
    let logins = login::of(&raised.visitor, world.cx()).await.unwrap();
    assert!(logins.iter().all(|one| one.login.uid != visitor.login.uid), "the weaker secret ended");
    for _ in 0..2 {
        let opened = open(&mut phone, &world).await.unwrap();
        assert_eq!((opened.visitor.login.strength, &*opened.visitor.account.name), (Strength::Passkey, "admin"));
        assert!(holds(&opened, &world).await);
    }
    let kept = passkey::of(&raised.visitor, world.cx()).await.unwrap();
    assert_eq!((kept.len(), &*kept[0].name), (1, "Key"));
    assert!(kept[0].used_at.is_some());
}

#[tokio::test]
async fn it_is_two_factors_at_once() {
    let world = World::new().await;
    let (visitor, mut phone) = (enter(&world).await, authenticator());
    demanded(&visitor, &world).await;
    let barred = enter(&world).await;
    assert!(barred.is_barred());
    assert!(!make(&mut phone, &barred, &world).await.visitor.is_barred());
    assert!(!open(&mut phone, &world).await.unwrap().visitor.is_barred());
}

#[tokio::test]
async fn an_answer_opens_once() {
    let world = World::new().await;
    let mut phone = authenticator();
    make(&mut phone, &enter(&world).await, &world).await;
    let (options, ticket) = way::begin(world.cx()).unwrap();
    let answer = phone.get(&options).unwrap();
    let other = way::begin(world.cx()).unwrap().1;
    assert_eq!(code(way::open(&other, &answer, browser(1), world.cx()).await), "passkey");
    // both arrive at once: the counter lets both by, what proved one proves no other
    let (one, two) = tokio::join!(
        way::open(&ticket, &answer, browser(1), world.cx()),
        way::open(&ticket, &answer, browser(2), world.cx())
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
    let again = way::open(&ticket, &answer, browser(1), world.cx()).await;
    assert!(["used", "passkey_copied"].contains(&code(again)));
}

#[tokio::test]
async fn a_ceremony_ends_with_its_time_and_belongs_to_who_began_it() {
    let world = World::new().await;
    let (visitor, mut phone) = (enter(&world).await, authenticator());
    let other = join("berta", &world).await.visitor;
    let (options, ticket) = passkey::begin(&visitor, world.cx()).await.unwrap();
    let answer = phone.create(&options).unwrap();
    let finish = |by: Visitor| {
        let (ticket, answer) = (ticket.clone(), answer.clone());
        let cx = world.cx();
        async move { passkey::finish(&ticket, (&answer, "Key"), &by, browser(1), cx).await }
    };
    assert_eq!(code(finish(other).await), "ticket");
    let unnamed = passkey::finish(&ticket, (&answer, " "), &visitor, browser(1), world.cx()).await;
    assert_eq!(code(unnamed), "passkey_name");
    world.clock.pass(Duration::from_secs(5 * 60));
    assert_eq!(code(finish(visitor).await), "ticket");
    let visitor = enter(&world).await;
    make(&mut phone, &visitor, &world).await;
    let (options, ticket) = way::begin(world.cx()).unwrap();
    let answer = phone.get(&options).unwrap();
    world.clock.pass(Duration::from_secs(5 * 60));
    assert_eq!(code(way::open(&ticket, &answer, browser(1), world.cx()).await), "ticket");
}

#[tokio::test]
async fn a_passkey_opens_its_own_account_alone() {
    let world = World::new().await;
    let (mut hers, mut theirs) = (authenticator(), authenticator());
    make(&mut hers, &enter(&world).await, &world).await;
    let berta = join("berta", &world).await;
    make(&mut theirs, &berta.visitor, &world).await;
    assert_eq!(open(&mut theirs, &world).await.unwrap().visitor.account.name, "berta");
    // berta's authenticator says that it belongs to the administrator
    let (options, ticket) = way::begin(world.cx()).unwrap();
    let mut answer: Value = serde_json::from_str(&theirs.get(&options).unwrap()).unwrap();
    let admin: Value = serde_json::from_str(&hers.get(&options).unwrap()).unwrap();
    answer["response"]["userHandle"] = admin["response"]["userHandle"].clone();
    let refused = way::open(&ticket, &answer.to_string(), browser(1), world.cx()).await;
    assert_eq!(code(refused), "passkey_unknown");
    // one that was never made here
    let elsewhere = {
        let (options, _) = passkey::begin(&berta.visitor, world.cx()).await.unwrap();
        let mut stranger = authenticator();
        stranger.create(&options).unwrap();
        stranger
    };
    let mut stranger = elsewhere;
    assert_eq!(code(open(&mut stranger, &world).await), "passkey_unknown");
}

#[tokio::test]
async fn it_is_taken_off_but_not_as_the_last_way_in() {
    let world = World::new().await;
    let mut phone = authenticator();
    let visitor = make(&mut phone, &enter(&world).await, &world).await.visitor;
    let kept = passkey::of(&visitor, world.cx()).await.unwrap();
    let other = join("berta", &world).await.visitor;
    assert_eq!(code(passkey::end(kept[0].uid, &other, world.cx()).await), "not_found");
    let mut bare = visitor.clone();
    bare.account.password_hash = None;
    assert_eq!(code(passkey::end(kept[0].uid, &bare, world.cx()).await), "last_way");
    passkey::end(kept[0].uid, &visitor, world.cx()).await.unwrap();
    assert_eq!(code(open(&mut phone, &world).await), "passkey_unknown");
    assert_eq!(code(passkey::end(kept[0].uid, &visitor, world.cx()).await), "not_found");
}

#[tokio::test]
async fn an_account_has_so_many_and_no_authenticator_two() {
    let world = World::new().await;
    let mut visitor = enter(&world).await;
    for _ in 0..20 {
        visitor = make(&mut authenticator(), &visitor, &world).await.visitor;
    }
    assert_eq!(code(passkey::begin(&visitor, world.cx()).await), "passkeys_full");
    let berta = join("berta", &world).await.visitor;
    let mut phone = authenticator();
    let berta = make(&mut phone, &berta, &world).await.visitor;
    let (options, _) = passkey::begin(&berta, world.cx()).await.unwrap();
    assert_eq!(phone.create(&options), None);
}
