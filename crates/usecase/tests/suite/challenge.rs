//! A device signs now: asked by anybody, answered with its next heartbeat.

use crate::behind::traces;
use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;
use tegata_domain::challenge::Signed;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::Household;
use tegata_keys::request::request;
use tegata_keys::signer::Signer;
use tegata_usecase::certificate::identify;
use tegata_usecase::challenge::{Answer, answer, ask};
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::heartbeat::beat;
use tegata_usecase::lookup::{self, Visitor};
use tegata_usecase::{Kind, Result, enrolment, scan};
use tegata_wire::challenge::Statement;
use tegata_wire::heartbeat::Request;

struct One {
    key: Signer,
    ldevid: Vec<u8>,
    number: Number,
}

async fn enrol(key: &Signer, idevid: &[u8], world: &World) -> Vec<u8> {
    let credential = identify(idevid, world.cx()).await.unwrap();
    enrolment::enrol(&request(key).unwrap(), credential, false, world.cx()).await.unwrap().certificate
}

async fn one(world: &World) -> One {
    let (key, made, number) = world.one().await;
    let ldevid = enrol(&key, &made.certificate, world).await;
    One { key, ldevid, number }
}

impl One {
    /// The nonce that a heartbeat brings.
    async fn beat(&self, world: &World) -> Option<String> {
        let credential = identify(&self.ldevid, world.cx()).await.unwrap();
        beat(credential, &Request::default(), world.cx()).await.unwrap().challenge
    }

    async fn send(&self, told: Answer, address: &str, world: &World) -> Result<()> {
        let credential = identify(&self.ldevid, world.cx()).await.unwrap();
        answer(told, credential, address.parse().unwrap(), world.cx()).await.map(drop)
    }

    fn sign(&self, nonce: &str) -> Answer {
        let statement = Statement { number: self.number.to_string(), nonce: nonce.into() }.to_string();
        let signature = self.key.sign(statement.as_bytes()).unwrap();
        Answer { statement, signature }
    }

    async fn ask(&self, address: &str, world: &World) -> Result<()> {
        ask(self.number, address.parse().unwrap(), world.cx()).await
    }

    /// What a page says to who reads it from there, and whether it was asked from there.
    async fn page(&self, address: &str, world: &World) -> (Signed, bool) {
        let visitor = Visitor { address: address.parse().unwrap(), counts: false };
        let found = lookup::visit(self.number, visitor, world.cx()).await.unwrap();
        (found.signed, found.beside.asked_here)
    }
}

const HOME: &str = "192.0.2.7";
const AWAY: &str = "198.51.100.7";

#[tokio::test]
async fn it_signs_with_its_next_beat() {
    let world = World::new().await;
    let one = one(&world).await;
    assert_eq!((one.beat(&world).await, one.page(HOME, &world).await), (None, (Signed::NotAsked, false)));
    one.ask(HOME, &world).await.unwrap();
    let now = world.cx().now().unwrap();
    assert_eq!(one.page(HOME, &world).await, (Signed::Asked(now), true));
    assert_eq!(one.page(AWAY, &world).await, (Signed::Asked(now), false));
    assert_eq!(
        lookup::find(one.number, world.cx()).await.unwrap().0.signed,
        Signed::Asked(now),
        "programs hear it too"
    );
    let nonce = one.beat(&world).await.unwrap();
    assert_eq!(one.beat(&world).await.as_deref(), Some(&*nonce), "until it answers");
    one.send(one.sign(&nonce), HOME, &world).await.unwrap();
    assert_eq!(one.beat(&world).await, None);
    assert_eq!(one.page(HOME, &world).await, (Signed::Signed(now, Some(true)), true));
    assert_eq!(one.page(AWAY, &world).await, (Signed::Signed(now, Some(true)), false));
    let again = one.send(one.sign(&nonce), HOME, &world).await.unwrap_err();
    assert_eq!((again.kind, again.code), (Kind::Conflict, "challenge"), "once");
    // anybody who has the certificate can check what stands in the store
    let row = tegata_domain::id::DeviceRow(world.cx().numbers.row(one.number).unwrap());
    let told = world.cx().store.challenge().of_device(row).await.unwrap().unwrap().answer.unwrap();
    assert!(tegata_keys::statement::verify(one.key.spki(), told.statement.as_bytes(), &told.signature).is_ok());
    world.clock.pass(Duration::from_secs(600));
    assert_eq!(one.page(HOME, &world).await.0, Signed::NotAsked);
}

#[tokio::test]
async fn from_where_it_signed() {
    let world = World::new().await;
    let one = one(&world).await;
    for (asks, answers, near) in [
        (HOME, AWAY, Some(false)),
        ("2001:db8::1", "2001:db8::2", Some(true)),
        ("2001:db8::1", "2001:db8:0:1::2", Some(false)),
        (HOME, "2001:db8::2", None),
        ("::ffff:192.0.2.7", HOME, Some(true)),
    ] {
        one.ask(asks, &world).await.unwrap();
        let nonce = one.beat(&world).await.unwrap();
        one.send(one.sign(&nonce), answers, &world).await.unwrap();
        let (Signed::Signed(_, told), _) = one.page(asks, &world).await else { panic!("{asks}") };
        assert_eq!(told, near, "{asks} {answers}");
        world.clock.pass(Duration::from_secs(61));
    }
}

#[tokio::test]
async fn another_node_cannot_tell_from_where_and_no_address_stands_anywhere() {
    let mut world = World::new().await;
    let one = one(&world).await;
    one.ask(HOME, &world).await.unwrap();
    world.close();
    assert_eq!(traces(&world.data, &[HOME]), []);
    world.open().await.unwrap();
    let nonce = one.beat(&world).await.unwrap();
    one.send(one.sign(&nonce), HOME, &world).await.unwrap();
    assert!(matches!(one.page(HOME, &world).await, (Signed::Signed(_, None), false)));
}

#[tokio::test]
async fn answers_that_prove_nothing() {
    let world = World::new().await;
    let one = one(&world).await;
    let early = one.send(one.sign("3q2-7wAAAAAAAAAAAAAAAA"), HOME, &world).await.unwrap_err();
    assert_eq!(early.code, "challenge", "nobody asked");
    one.ask(HOME, &world).await.unwrap();
    let nonce = one.beat(&world).await.unwrap();
    let other = Signer::generate_p256().unwrap().0;
    let good = || one.sign(&nonce);
    let changed = |from: &str, to: &str| Answer { statement: good().statement.replacen(from, to, 1), ..good() };
    let number = one.number.to_string();
    let foreign = Answer { signature: other.sign(good().statement.as_bytes()).unwrap(), ..good() };
    let last = if nonce.ends_with('A') { "Q" } else { "A" };
    for (wrong, code) in [
        (foreign, "signature"),
        (Answer { signature: vec![0; 9000], ..good() }, "signature"),
        (changed("v1", "v2"), "statement"),
        (changed(&number, "7K3M-Q9TX-2HVD-R5WE"), "statement"),
        (changed("\n", "\r\n"), "statement"),
        (one.sign(&format!("{}{last}", &nonce[..21])), "challenge"),
        (one.sign(&URL_SAFE_NO_PAD.encode([9; 16])), "challenge"),
    ] {
        assert_eq!(one.send(wrong, HOME, &world).await.unwrap_err().code, code);
    }
    world.clock.pass(Duration::from_secs(600));
    assert_eq!(one.beat(&world).await, None, "its time is over");
    assert_eq!(one.send(good(), HOME, &world).await.unwrap_err().code, "challenge");
    assert!(matches!(one.page(HOME, &world).await.0, Signed::CannotConfirm(_)));
    world.clock.pass(Duration::from_secs(600));
    assert_eq!(one.page(HOME, &world).await.0, Signed::NotAsked);
}

#[tokio::test]
async fn it_is_asked_once_a_minute_and_ten_times_an_hour_from_one_network() {
    let world = World::new().await;
    let one = one(&world).await;
    one.ask(HOME, &world).await.unwrap();
    let nonce = one.beat(&world).await;
    one.ask(AWAY, &world).await.unwrap();
    assert_eq!(one.beat(&world).await, nonce, "the question that waits stands for both");
    let minute = || world.clock.pass(Duration::from_secs(60));
    for round in 1..10 {
        minute();
        one.ask(HOME, &world).await.unwrap_or_else(|e| panic!("{round}: {e}"));
    }
    minute();
    let refused = one.ask(HOME, &world).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Throttled, "too_many"));
    one.ask(AWAY, &world).await.unwrap();
    assert_ne!(one.beat(&world).await, nonce);
    world.clock.pass(Duration::from_secs(3600));
    one.ask(HOME, &world).await.unwrap();
}

#[tokio::test]
async fn who_cannot_answer_is_not_asked() {
    let world = World::new().await;
    let (maker, cx) = (world.maker(), world.cx());
    let (key, made, number) = world.one().await;
    let home = HOME.parse().unwrap();
    let away = ask(number, home, cx).await.unwrap_err();
    assert_eq!((away.kind, away.code), (Kind::Conflict, "life"), "not put into use");
    enrol(&key, &made.certificate, &world).await;
    ask(number, home, cx).await.unwrap();
    for (what, may) in [(Act::Quarantine, false), (Act::Release, true), (Act::Recall, false), (Act::Retire, false)] {
        act(number, what, Saying::default(), &maker, cx).await.unwrap();
        world.clock.pass(Duration::from_secs(61));
        assert_eq!(ask(number, home, cx).await.is_ok(), may, "{what:?}");
        let visitor = Visitor { address: home, counts: false };
        assert_eq!(lookup::visit(number, visitor, cx).await.unwrap().can_sign(), may, "{what:?}");
    }
    let unknown = Number::parse("7K3M-Q9TX-2HVD-R5WE").unwrap();
    assert_eq!(ask(unknown, home, cx).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn a_claim_and_time_take_the_question_away() {
    let world = World::new().await;
    let (maker, cx) = (world.maker(), world.cx());
    let one = one(&world).await;
    let row = tegata_domain::id::DeviceRow(cx.numbers.row(one.number).unwrap());
    let of = || async { cx.store.challenge().of_device(row).await.unwrap() };
    one.ask(HOME, &world).await.unwrap();
    world.clock.pass(Duration::from_secs(1199));
    scan::sweep(cx).await.unwrap();
    assert!(of().await.is_some());
    world.clock.pass(Duration::from_secs(2));
    scan::sweep(cx).await.unwrap();
    assert!(of().await.is_none());
    one.ask(HOME, &world).await.unwrap();
    let (_, household) = world.enter("Sato", Household).await;
    world.hand_over(one.number, &maker, &household).await;
    assert!(of().await.is_none());
}
