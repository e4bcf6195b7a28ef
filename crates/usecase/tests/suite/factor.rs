//! The second factor of a person: set up, asked for, used once, lost, demanded.

use crate::login::{browser, code, enter, holds};
use crate::world::World;
use std::time::Duration;
use tegata_domain::change::{Change, Write};
use tegata_domain::login::Strength;
use tegata_domain::permit::{Operation, Subject};
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Clock;
use tegata_keys::totp::{Seed, step};
use tegata_usecase::account::factor;
use tegata_usecase::login::{self, Opened, Step, Visitor};
use tegata_usecase::organisation;

/// The program on a phone.
struct Phone(Seed);

impl Phone {
    fn read(seed: &str) -> Self {
        let bytes = data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).unwrap();
        Phone(Seed::from_bytes(&bytes).unwrap())
    }

    fn code(&self, world: &World) -> String {
        String::from_utf8(self.0.code(step(world.clock.now().unwrap())).to_vec()).unwrap()
    }
}

/// Sets the second factor up; answers the phone, the login that goes on, and the recovery codes.
async fn set_up(visitor: &Visitor, world: &World) -> (Phone, Opened, Vec<String>) {
    let setting = factor::begin(visitor, world.cx()).unwrap();
    assert!(setting.address.contains(&**setting.seed) && setting.address.contains("id.test:admin"));
    let phone = Phone::read(&setting.seed);
    let done = factor::confirm(&setting.ticket, &phone.code(world), visitor, browser(1), world.cx()).await;
    let (opened, codes) = done.unwrap();
    (phone, opened, codes.iter().map(|code| code.to_string()).collect())
}

/// Its organisation demands it from now on, as another administrator of it set it.
pub async fn demanded(visitor: &Visitor, world: &World) {
    let house = visitor.organisation.row;
    let permit = visitor.actor().permit(Operation::DemandFactor, Subject::of(house)).unwrap();
    let change = Change::of("", vec![Write::Person(PersonWrite::FactorDemand(house, true))]);
    world.cx().store.save(change, &permit, world.clock.now().unwrap()).await.unwrap();
}

/// The ticket that stands for the password.
async fn ticket(world: &World) -> String {
    match login::password("admin", &world.password, browser(1), world.cx()).await.unwrap() {
        Step::Factor(ticket) => ticket,
        Step::Opened(_) => panic!("a second factor is set up"),
    }
}

#[tokio::test]
async fn it_is_set_up_and_asked_for_from_then_on() {
    let world = World::new().await;
    let visitor = enter(&world).await;
    let setting = factor::begin(&visitor, world.cx()).unwrap();
    let wrong = factor::confirm(&setting.ticket, "000000", &visitor, browser(1), world.cx()).await;
    assert_eq!(code(wrong.map(drop)), "code");
    assert_eq!(enter(&world).await.login.strength, Strength::Password, "nothing is asked for before it stands");

    let (phone, opened, codes) = set_up(&visitor, &world).await;
    assert_eq!((opened.visitor.login.strength, codes.len()), (Strength::Factor, 8));
    assert!(holds(&opened, &world).await);
    let logins = login::of(&opened.visitor, world.cx()).await.unwrap();
    assert!(logins.iter().all(|one| one.login.uid != visitor.login.uid), "the weaker secret ended");

    let first = ticket(&world).await;
    let used = login::factor(&first, &phone.code(&world), browser(1), world.cx()).await;
    assert_eq!(code(used), "code", "the code that set it up opens nothing else");
    world.clock.pass(Duration::from_secs(30));
    let now = phone.code(&world);
    let opened = login::factor(&first, &now, browser(1), world.cx()).await.unwrap();
    assert_eq!(opened.visitor.login.strength, Strength::Factor);
    assert!(holds(&opened, &world).await);
    assert_eq!(code(login::factor(&first, &now, browser(1), world.cx()).await), "ticket");
    let next = ticket(&world).await;
    assert_eq!(code(login::factor(&next, &now, browser(1), world.cx()).await), "code", "a code opens once");
}

#[tokio::test]
async fn one_code_opens_one_login_whoever_is_faster() {
    let world = World::new().await;
    let (phone, ..) = set_up(&enter(&world).await, &world).await;
    let (one, other) = (ticket(&world).await, ticket(&world).await);
    world.clock.pass(Duration::from_secs(30));
    let now = phone.code(&world);
    let (one, other) = tokio::join!(
        login::factor(&one, &now, browser(1), world.cx()),
        login::factor(&other, &now, browser(2), world.cx())
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
}

#[tokio::test]
async fn a_recovery_code_opens_once_in_its_place() {
    let world = World::new().await;
    let (_, opened, codes) = set_up(&enter(&world).await, &world).await;
    let use_up = async |code: &str| login::factor(&ticket(&world).await, code, browser(1), world.cx()).await;
    assert!(use_up(&codes[0]).await.is_ok());
    assert_eq!(code(use_up(&codes[0]).await), "code");
    let lately = use_up(&codes[1].to_uppercase()).await.unwrap();
    assert_eq!(lately.visitor.account.factor.as_ref().unwrap().codes.len(), 6);
    // new ones: those before open nothing any more; the visitor of before does not decide on what changed
    assert_eq!(code(factor::codes(&opened.visitor, world.cx()).await.map(drop)), "stale");
    let fresh = factor::codes(&lately.visitor, world.cx()).await.unwrap();
    assert_eq!(code(use_up(&codes[2]).await), "code");
    assert!(use_up(&fresh[0]).await.is_ok());
}

#[tokio::test]
async fn wrong_codes_are_counted_and_leave_the_password_alone() {
    let world = World::new().await;
    let (phone, ..) = set_up(&enter(&world).await, &world).await;
    world.clock.pass(Duration::from_secs(30));
    let first = ticket(&world).await;
    for _ in 0..3 {
        assert_eq!(code(login::factor(&first, "000000", browser(5), world.cx()).await), "code");
    }
    assert_eq!(code(login::factor(&first, "000000", browser(5), world.cx()).await), "too_many");
    assert_eq!(code(login::factor(&first, &phone.code(&world), browser(5), world.cx()).await), "too_many");
    assert!(!ticket(&world).await.is_empty());
    assert!(login::factor(&first, &phone.code(&world), browser(6), world.cx()).await.is_ok(), "elsewhere she comes in");
}

#[tokio::test]
async fn a_ticket_ends_with_its_time_and_with_the_account_as_it_was() {
    let world = World::new().await;
    let (phone, opened, _) = set_up(&enter(&world).await, &world).await;
    let first = ticket(&world).await;
    factor::codes(&opened.visitor, world.cx()).await.unwrap();
    world.clock.pass(Duration::from_secs(30));
    assert_eq!(code(login::factor(&first, &phone.code(&world), browser(1), world.cx()).await), "ticket");
    let second = ticket(&world).await;
    world.clock.pass(Duration::from_secs(5 * 60));
    assert_eq!(code(login::factor(&second, &phone.code(&world), browser(1), world.cx()).await), "ticket");
    for text in ["", "AAAA", &second[1..]] {
        assert_eq!(code(login::factor(text, &phone.code(&world), browser(1), world.cx()).await), "ticket");
    }
}

#[tokio::test]
async fn where_it_is_demanded_nothing_else_opens_before_it_stands() {
    let world = World::new().await;
    let admin = enter(&world).await;
    assert_eq!(code(organisation::demand(true, &admin, world.cx()).await), "own_factor");
    demanded(&admin, &world).await;
    let visitor = enter(&world).await;
    assert!(visitor.is_barred());
    let (_, opened, _) = set_up(&visitor, &world).await;
    assert!(!opened.visitor.is_barred());
    assert_eq!(code(factor::end(&opened.visitor, world.cx()).await), "factor_demanded");
    organisation::demand(false, &opened.visitor, world.cx()).await.unwrap();
    organisation::demand(true, &opened.visitor, world.cx()).await.unwrap();
    organisation::demand(false, &opened.visitor, world.cx()).await.unwrap();
    let visitor = login::authenticate(&opened.secret, world.cx()).await.unwrap();
    factor::end(&visitor, world.cx()).await.unwrap();
    assert_eq!(enter(&world).await.login.strength, Strength::Password);
}

#[tokio::test]
async fn what_is_kept_of_it_opens_for_nobody_else() {
    let world = World::new().await;
    let visitor = enter(&world).await;
    let other = crate::login::join("berta", &world).await;
    let setting = factor::begin(&visitor, world.cx()).unwrap();
    let phone = Phone::read(&setting.seed);
    let theirs = factor::confirm(&setting.ticket, &phone.code(&world), &other.visitor, browser(2), world.cx()).await;
    assert_eq!(code(theirs.map(drop)), "ticket");
    let (phone, opened, _) = set_up(&visitor, &world).await;
    let sealed = &opened.visitor.account.factor.as_ref().unwrap().sealed;
    assert!(!sealed.windows(20).any(|window| window == phone.0.bytes()), "the seed is sealed");
}
