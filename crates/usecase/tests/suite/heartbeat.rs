//! Heartbeats: who may give them, what they are answered, what they write.

use crate::behind::Behind;
use crate::clone::Body;
use crate::world::{World, day};
use tegata_domain::finding::FindingState;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::product::CredentialPolicy;
use tegata_keys::request::request;
use tegata_keys::signer::Signer;
use tegata_usecase::certificate::{self, identify};
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, by_number, events};
use tegata_usecase::heartbeat::beat;
use tegata_usecase::{Error, enrolment, finding, ledger, seen};
use tegata_wire::device_head::DeviceHead;
use tegata_wire::heartbeat::{Answer, Credential, Request};
use tegata_wire::signed_note::{self, Verifier};

/// An enrolled device: its key, IDevID, LDevID, number.
struct One {
    key: Signer,
    idevid: Vec<u8>,
    ldevid: Vec<u8>,
    number: Number,
}

async fn enrol(key: &Signer, idevid: &[u8], world: &World) -> Vec<u8> {
    let credential = identify(idevid, world.cx()).await.unwrap();
    enrolment::enrol(&request(key).unwrap(), credential, false, world.cx()).await.unwrap().certificate
}

async fn one(world: &World, policy: CredentialPolicy) -> One {
    let ticket = world.ticket_of(1, policy).await;
    let (key, made) = world.make(&ticket, &["A-1".to_owned()]).await.pop().unwrap();
    let made = made.unwrap();
    let ldevid = enrol(&key, &made.certificate, world).await;
    One { key, idevid: made.certificate, ldevid, number: Number::parse(&made.number).unwrap() }
}

async fn ask(certificate: &[u8], asked: Request, world: &World) -> Result<Answer, Error> {
    beat(identify(certificate, world.cx()).await?, &asked, world.cx()).await
}

fn showing(token: &str) -> Request {
    Request { token: Some(token.to_owned()), ..Request::default() }
}

async fn kinds(number: Number, world: &World) -> Vec<String> {
    let all = events(number, (0, 100), &world.maker(), world.cx()).await.unwrap();
    all.into_iter().map(|(event, _)| event.kind.name().to_owned()).collect()
}

async fn open(world: &World) -> Vec<String> {
    let all = finding::list(Some(FindingState::Open), (0, 100), &world.maker(), world.cx()).await.unwrap();
    all.into_iter().map(|f| f.finding.kind).collect()
}

#[tokio::test]
async fn the_first_heartbeat_is_in_use_and_the_head_is_signed() {
    let world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    let refused = ask(&one.idevid, Request::default(), &world).await.unwrap_err();
    assert_eq!(refused.code, "enrol_first");
    let nonce = "AAECAwQFBgcICQoLDA0ODw".to_owned();
    let asked = Request { nonce: Some(nonce.clone()), version: Some("1.4.0".into()), ..Request::default() };
    let answer = ask(&one.ldevid, asked, &world).await.unwrap();
    assert_eq!(kinds(one.number, &world).await, ["made", "installed", "enrolled", "installed", "updated"]);
    let seen = by_number(one.number, &world.maker(), world.cx()).await.unwrap();
    assert_eq!((seen.device.stage.name(), seen.seen_at.is_some()), ("in_use", true));
    assert_eq!((answer.next, answer.renew, answer.update, answer.erase), (300, false, false, false));

    let keys: Vec<Verifier> = ledger::keys(world.cx()).lines().map(|line| Verifier::parse(line).unwrap()).collect();
    let opened = signed_note::open(&answer.head.note, &keys).unwrap();
    assert_eq!(opened.signed_by[0].name(), world.cx().ledger.origin(Log::Devices));
    let head = DeviceHead::parse(opened.text).unwrap();
    assert_eq!(head.origin, world.cx().ledger.origin(Log::Devices));
    assert_eq!((head.number, head.nonce), (one.number.to_string(), Some(nonce)));
    assert_eq!((head.head, head.at), (answer.head.head, answer.head.at));
    assert_eq!((head.head.sequence, head.head.commitment), (5, seen.device.head));

    let asked = Request { version: Some("1.4.0".into()), ..showing(&answer.token) };
    let again = ask(&one.ldevid, asked, &world).await.unwrap();
    assert_eq!(again.head.head, answer.head.head, "later heartbeats are no events");
    assert!(open(&world).await.is_empty());
}

#[tokio::test]
async fn what_was_answered_outlives_the_process() {
    let mut world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    let first = ask(&one.ldevid, Request::default(), &world).await.unwrap();
    assert_eq!(seen::flush(world.cx()).await.unwrap(), 1);
    world.close();
    world.open().await.unwrap();
    let seen = by_number(one.number, &world.maker(), world.cx()).await.unwrap();
    assert!(seen.seen_at.is_some(), "written down");
    let second = ask(&one.ldevid, showing(&first.token), &world).await.unwrap();
    let third = ask(&one.ldevid, showing(&second.token), &world).await.unwrap();
    ask(&one.ldevid, showing(&first.token), &world).await.unwrap();
    assert_eq!(open(&world).await, ["rolled_back"]);
    assert_ne!(second.token, third.token);
    // a folder from before there were heartbeats
    world.close();
    let behind = Behind::of(&world.data).await;
    assert_eq!(behind.change("delete from secret where name = 'session'").await, 1);
    drop(behind);
    world.open().await.unwrap();
    assert!(ask(&one.ldevid, showing(&third.token), &world).await.is_ok());
}

#[tokio::test]
async fn a_token_of_another_device_is_unknown() {
    let world = World::new().await;
    let ticket = world.ticket(2).await;
    let mut made = world.make(&ticket, &["A".to_owned(), "B".to_owned()]).await.into_iter();
    let (key, made_a) = made.next().unwrap();
    let (other, made_b) = made.next().unwrap();
    let a = enrol(&key, &made_a.unwrap().certificate, &world).await;
    let b = enrol(&other, &made_b.unwrap().certificate, &world).await;
    let theirs = ask(&a, Request::default(), &world).await.unwrap().token;
    let own = ask(&b, Request::default(), &world).await.unwrap().token;
    ask(&b, showing(&own), &world).await.unwrap();
    assert!(open(&world).await.is_empty());
    for shown in [theirs, "nonsense".to_owned(), String::new()] {
        ask(&b, showing(&shown), &world).await.unwrap();
    }
    assert_eq!(open(&world).await, ["cannot_confirm"], "once, not three times");
}

#[tokio::test]
async fn an_initial_password_is_found_once_and_closed_by_the_change() {
    let world = World::new().await;
    let one = one(&world, CredentialPolicy::UniqueAndChanged).await;
    let tell = |credential| ask(&one.ldevid, Request { credential: Some(credential), ..Request::default() }, &world);
    for _ in 0..3 {
        tell(Credential::Initial).await.unwrap();
    }
    assert_eq!(open(&world).await, ["initial_password"]);
    let before = kinds(one.number, &world).await;
    let head = tell(Credential::Changed).await.unwrap().head.head;
    tell(Credential::Changed).await.unwrap();
    tell(Credential::None).await.unwrap();
    assert!(open(&world).await.is_empty());
    let after = kinds(one.number, &world).await;
    assert_eq!(after[before.len()..], ["credential_changed".to_owned()]);
    assert_eq!(head.sequence as usize, after.len(), "the head that is answered is the one after the event");
    tell(Credential::Initial).await.unwrap();
    assert_eq!(open(&world).await, ["initial_password"], "set back to its first state");
    let closed = finding::list(Some(FindingState::Closed), (0, 9), &world.maker(), world.cx()).await.unwrap();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].finding.closed.as_ref().unwrap().1, "the password was changed");
    let uid = finding::list(Some(FindingState::Open), (0, 9), &world.maker(), world.cx()).await.unwrap()[0].finding.uid;
    finding::close(uid, "stands in the laboratory", &world.maker(), world.cx()).await.unwrap();
    tell(Credential::Initial).await.unwrap();
    assert!(open(&world).await.is_empty(), "who closed it is not told again");
}

#[tokio::test]
async fn an_initial_password_is_no_finding_where_the_maker_asks_for_no_change() {
    let world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    let asked = Request { credential: Some(Credential::Initial), ..Request::default() };
    ask(&one.ldevid, asked, &world).await.unwrap();
    assert!(open(&world).await.is_empty());
}

#[tokio::test]
async fn versions_have_a_form() {
    let world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    for wrong in ["", "1\n2", "バージョン", &"1".repeat(65)] {
        let asked = Request { version: Some(wrong.to_owned()), ..Request::default() };
        assert_eq!(ask(&one.ldevid, asked, &world).await.unwrap_err().code, "version", "{wrong}");
    }
    let asked = Request { version: Some("Router OS 1.4.0-rc.1+b7".into()), ..Request::default() };
    ask(&one.ldevid, asked, &world).await.unwrap();
    let row = world.cx().store.device().by_serial(tegata_domain::id::ProductRow(1), "A-1").await.unwrap().unwrap().row;
    let running = tegata_usecase::release::running::of(row, world.cx()).await.unwrap().unwrap();
    assert_eq!(running.version, "Router OS 1.4.0-rc.1+b7");
}

#[tokio::test]
async fn a_certificate_near_its_end_is_to_be_renewed() {
    let world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    world.clock.pass(day(59));
    assert!(!ask(&one.ldevid, Request::default(), &world).await.unwrap().renew);
    world.clock.pass(day(2));
    assert!(ask(&one.ldevid, Request::default(), &world).await.unwrap().renew);
}

#[tokio::test]
async fn known_is_whoever_proves_it_and_identified_whom_services_admit() {
    let world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    let (cx, maker) = (world.cx(), world.maker());
    act(one.number, Act::Quarantine, Saying::default(), &maker, cx).await.unwrap();
    assert_eq!(identify(&one.ldevid, cx).await.err().unwrap().code, "life");
    assert!(certificate::known(&one.ldevid, cx).await.is_ok());
    act(one.number, Act::Recall, Saying::default(), &maker, cx).await.unwrap();
    assert!(certificate::known(&one.ldevid, cx).await.is_ok());
    act(one.number, Act::Retire, Saying::default(), &maker, cx).await.unwrap();
    assert!(certificate::known(&one.idevid, cx).await.is_err());
}

/// As a transfer leaves it behind, written by hand.
#[tokio::test]
async fn another_owner_begins_a_new_epoch() {
    let mut world = World::new().await;
    let one = one(&world, CredentialPolicy::Unique).await;
    let first = ask(&one.ldevid, Request::default(), &world).await.unwrap();
    let second = ask(&one.ldevid, showing(&first.token), &world).await.unwrap();
    world.close();
    let behind = Behind::of(&world.data).await;
    behind.change("update device set period = 1").await;
    let key = behind.bytes(&[0; 32]);
    behind.change(&format!("insert into epoch (device, period, key) select id, 1, {key} from device")).await;
    drop(behind);
    world.open().await.unwrap();
    let earlier = ask(&one.ldevid, showing(&second.token), &world).await.unwrap_err();
    assert_eq!(earlier.code, "earlier_owner");
    let ldevid = enrol(&one.key, &one.idevid, &world).await;
    let third = ask(&ldevid, showing(&second.token), &world).await.unwrap();
    ask(&ldevid, showing(&third.token), &world).await.unwrap();
    assert!(open(&world).await.is_empty(), "old tokens are unknown, and nobody is accused of it");
    ask(&ldevid, showing(&first.token), &world).await.unwrap();
    assert_eq!(open(&world).await, ["cannot_confirm"]);
}

#[tokio::test]
async fn findings_are_closed_with_a_reason() {
    let world = World::new().await;
    let ticket = world.ticket(1).await;
    let (key, made) = world.make(&ticket, &["A".to_owned()]).await.pop().unwrap();
    let body = Body::new(&world, (key, made.unwrap())).await;
    drop(body);
    world.make(&ticket, &["A".to_owned()]).await;
    let (cx, maker) = (world.cx(), world.maker());
    let found = finding::list(None, (0, 9), &maker, cx).await.unwrap();
    let uid = found[0].finding.uid;
    for wrong in ["", "  ", "a\nb", &"x".repeat(501)] {
        assert_eq!(finding::close(uid, wrong, &maker, cx).await.err().unwrap().code, "reason");
    }
    let closed = finding::close(uid, " a test of the line ", &maker, cx).await.unwrap();
    let again = finding::close(uid, "once more", &maker, cx).await.unwrap();
    assert_eq!(closed.closed, again.closed);
    assert_eq!(closed.closed.unwrap().1, "a test of the line");
    assert!(open(&world).await.is_empty());
    let unknown = finding::close(tegata_domain::id::Uuid::nil(), "x", &maker, cx).await;
    assert_eq!(unknown.err().unwrap().code, "not_found");
}
