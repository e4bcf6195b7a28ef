//! Logins: by password, and what all ways in share. Who logs in stands here for the other files too.

use crate::world::World;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tegata_domain::login::Strength;
use tegata_domain::permit::Role;
use tegata_usecase::invitation::{self, NewInvitation};
use tegata_usecase::login::{self, Attempt, Opened, Step, Visitor};
use tegata_usecase::{Error, Result, account};

/// A browser that nobody knows, at a source of its own.
pub fn browser(number: u8) -> Attempt<'static> {
    Attempt { source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)), agent: "Browser", known: None }
}

/// Logs the first administrator in, who has no second factor.
pub async fn enter(world: &World) -> Visitor {
    match login::password("admin", &world.password, browser(1), world.cx()).await.unwrap() {
        Step::Opened(opened) => opened.visitor,
        Step::Factor(_) => panic!("no second factor is set up"),
    }
}

/// Somebody else of the same organisation, invited and logged in.
pub async fn join(name: &str, world: &World) -> Opened {
    let admin = enter(world).await;
    let new = NewInvitation { role: Role::Engineer, note: name.to_owned() };
    let (_, link) = invitation::create(new, admin.actor(), world.cx()).await.unwrap();
    invitation::accept(&link, (name, "three horses drink"), browser(2), world.cx()).await.unwrap()
}

/// Whether a secret of a browser opens anything.
pub async fn holds(opened: &Opened, world: &World) -> bool {
    login::authenticate(&opened.secret, world.cx()).await.is_ok()
}

/// The code of a refusal.
pub fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.map_err(|error: Error| error.code).unwrap_err()
}

#[tokio::test]
async fn name_and_password_open_a_login() {
    let world = World::new().await;
    let visitor = enter(&world).await;
    assert_eq!((visitor.login.strength, visitor.role), (Strength::Password, Role::Administrator));
    for (name, password) in [("admin", "three horses drink"), ("nobody", &world.password), ("", ""), ("admin", "")] {
        let refused = login::password(name, password, browser(9), world.cx()).await;
        assert_eq!(code(refused), "credentials", "{name}");
    }
}

#[tokio::test]
async fn a_password_is_changed_and_ends_other_logins() {
    let world = World::new().await;
    let (here, there) = (enter(&world).await, enter(&world).await);
    let change = |next: &'static str| account::change((&world.password, next), &here, browser(1), world.cx());
    for (next, why) in
        [("short", "password_length"), ("admin-admin-12", "password_easy"), ("qwertyuiop12", "password_easy")]
    {
        assert_eq!(code(change(next).await), why, "{next}");
    }
    change("three horses drink").await.unwrap();
    assert!(login::of(&here, world.cx()).await.unwrap().iter().all(|one| one.login.uid != there.login.uid));
    let old = login::password("admin", &world.password, browser(3), world.cx()).await;
    assert_eq!(code(old), "credentials");
    assert!(login::password("admin", "three horses drink", browser(3), world.cx()).await.is_ok());
}

#[tokio::test]
async fn what_opens_doors_wants_a_fresh_proof() {
    let world = World::new().await;
    let visitor = enter(&world).await;
    world.clock.pass(Duration::from_secs(15 * 60));
    assert_eq!(code(account::factor::begin(&visitor, world.cx()).map(drop)), "confirm");
    assert_eq!(code(account::passkey::begin(&visitor, world.cx()).await), "confirm");
}
