//! A person without an account takes a device over.

use crate::world::World;
use tegata_domain::organisation::OrganisationKind::{Household, Operator};
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, by_number};
use tegata_usecase::login::{self, Attempt};
use tegata_usecase::transfer::{Claimed, Offering, Opening, offer, open_household};
use tegata_usecase::{Kind, Result, audit, organisation};

const PASSWORD: &str = "three horses drink";

fn attempt() -> Attempt<'static> {
    Attempt { source: "192.0.2.7".parse().unwrap(), agent: "a phone", known: None }
}

fn opening<'a>(code: &'a str, name: &'a str) -> Opening<'a> {
    Opening { code, name, password: PASSWORD, language: None }
}

async fn take(code: &str, name: &str, world: &World) -> Result<(login::Opened, Claimed)> {
    open_household(opening(code, name), attempt(), world.cx()).await
}

#[tokio::test]
async fn a_code_opens_a_household_with_its_device() {
    let world = World::new().await;
    let (maker, cx) = (world.maker(), world.cx());
    let (_, _, number) = world.one().await;
    let code = offer(number, Offering::default(), &maker, cx).await.unwrap().code;
    let (opened, claimed) = take(&code, "Sato", &world).await.unwrap();
    assert_eq!((claimed.number, claimed.device.period), (number, 1));
    let house = &opened.visitor.organisation;
    assert!(house.kinds.has(Household) && house.name.starts_with("Household ") && house.name.len() == 14);
    assert_eq!(opened.visitor.account.name, "sato");
    let visitor = login::authenticate(&opened.secret, cx).await.unwrap();
    assert_eq!(by_number(number, visitor.actor(), cx).await.unwrap().device.owner, house.row);
    // its own again by name and password, and what was done stands in its audit
    assert!(matches!(login::password("sato", PASSWORD, attempt(), cx).await.unwrap(), login::Step::Opened(_)));
    let told = audit::list(0, 10, visitor.actor(), cx).await.unwrap();
    assert!(told.iter().any(|(_, entry)| entry.operation == "open_household"), "{told:?}");
    let again = take(&code, "tanaka", &world).await.unwrap_err();
    assert_eq!((again.kind, again.code), (Kind::NotFound, "code"), "a code works once");
}

#[tokio::test]
async fn nothing_is_left_of_what_is_refused() {
    let world = World::new().await;
    let (maker, cx) = (world.maker(), world.cx());
    let (_, _, number) = world.one().await;
    let (clinic, _) = world.enter("Clinic", Operator).await;
    let count = || async { organisation::list(0, 100, &maker, cx).await.unwrap().len() };
    let before = count().await;
    let code = offer(number, Offering::default(), &maker, cx).await.unwrap().code;
    let refused = |outcome: Result<(login::Opened, Claimed)>| outcome.err().map(|e| e.code);
    assert_eq!(refused(take("7K3M-Q9TX-2HVD-R5WE", "sato", &world).await), Some("code"));
    assert_eq!(refused(take("hello", "sato", &world).await), Some("code"));
    assert_eq!(refused(take(&code, "x", &world).await), Some("login_name"));
    let easy = Opening { password: "aaaaaaaaaaaa", ..opening(&code, "sato") };
    assert_eq!(refused(open_household(easy, attempt(), cx).await), Some("password_easy"));
    act(number, Act::Quarantine, Saying::default(), &maker, cx).await.unwrap();
    assert_eq!(refused(take(&code, "sato", &world).await), Some("life"));
    act(number, Act::Release, Saying::default(), &maker, cx).await.unwrap();
    let other = Offering { to: Some(clinic.uid), ..Offering::default() };
    let theirs = offer(number, other, &maker, cx).await.unwrap().code;
    assert_eq!(refused(take(&theirs, "sato", &world).await), Some("code"), "it is for one organisation alone");
    assert_eq!(count().await, before);
    let code = offer(number, Offering::default(), &maker, cx).await.unwrap().code;
    take(&code, "sato", &world).await.unwrap();
    // the name is taken, and the device stays where it is
    let ticket = world.ticket(7).await;
    let made = world.make(&ticket, &["B".to_owned()]).await.pop().unwrap().1.unwrap();
    let second = tegata_domain::number::Number::parse(&made.number).unwrap();
    let code = offer(second, Offering::default(), &maker, cx).await.unwrap().code;
    assert_eq!(refused(take(&code, "SATO", &world).await), Some("name_taken"));
    assert_eq!(count().await, before + 1);
    take(&code, "tanaka", &world).await.unwrap();
}

#[tokio::test]
async fn codes_are_not_tried_out() {
    let world = World::new().await;
    for _ in 0..20 {
        assert_eq!(take("7K3M-Q9TX-2HVD-R5WE", "sato", &world).await.unwrap_err().kind, Kind::NotFound);
    }
    assert_eq!(take("7K3M-Q9TX-2HVD-R5WE", "sato", &world).await.unwrap_err().kind, Kind::Throttled);
    let elsewhere = Attempt { source: "198.51.100.1".parse().unwrap(), ..attempt() };
    let other = open_household(opening("7K3M-Q9TX-2HVD-R5WE", "sato"), elsewhere, world.cx()).await;
    assert_eq!(other.unwrap_err().kind, Kind::NotFound);
}
