//! Enrolment: who may, with what, for how long.

use crate::world::{World, day};
use tegata_keys::request::request;
use tegata_keys::signer::Signer;
use tegata_usecase::certificate::identify;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::enrolment::enrol;
use tegata_usecase::{Error, Kind};

fn refusal<T>(outcome: Result<T, Error>) -> (Kind, &'static str, String) {
    let error = outcome.err().expect("it was admitted");
    (error.kind, error.code, error.public)
}

#[tokio::test]
async fn an_operational_certificate_expires_and_the_idevid_enrols_again() {
    let world = World::new().await;
    let (key, made, _) = world.one().await;
    let idevid = identify(&made.certificate, world.cx()).await.unwrap();
    let csr = request(&key).unwrap();
    let first = enrol(&csr, idevid, false, world.cx()).await.unwrap();
    world.clock.pass(day(60));
    let ldevid = identify(&first.certificate, world.cx()).await.unwrap();
    let second = enrol(&csr, ldevid.clone(), true, world.cx()).await.unwrap();
    assert_eq!(refusal(enrol(&csr, ldevid, false, world.cx()).await).1, "use_reenroll");
    world.clock.pass(day(31));
    let (kind, _, text) = refusal(identify(&first.certificate, world.cx()).await);
    assert!(kind == Kind::Denied && text.contains("expired at 2027-02-20"), "{text}");
    assert!(identify(&second.certificate, world.cx()).await.is_ok());
    world.clock.pass(day(365 * 30));
    assert!(identify(&second.certificate, world.cx()).await.is_err());
    assert!(identify(&made.certificate, world.cx()).await.is_ok(), "an IDevID has no end");
}

#[tokio::test]
async fn certificates_of_others_are_unknown() {
    let world = World::new().await;
    let (_, made, _) = world.one().await;
    let mut changed = made.certificate.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let other = World::new().await;
    let (_, theirs, _) = other.one().await;
    for der in [&changed, &theirs.certificate, &b"nonsense".to_vec()] {
        assert_eq!(refusal(identify(der, world.cx()).await).0, Kind::NoCredential);
    }
}

#[tokio::test]
async fn a_key_of_another_device_is_refused_and_found() {
    let world = World::new().await;
    let ticket = world.ticket(2).await;
    let mut made = world.make(&ticket, &["A".to_owned(), "B".to_owned()]).await;
    let (other, theirs) = made.pop().unwrap();
    let (_, mine) = made.pop().unwrap();
    let credential = identify(&mine.unwrap().certificate, world.cx()).await.unwrap();
    let stolen = enrol(&request(&other).unwrap(), credential.clone(), false, world.cx()).await;
    assert_eq!(refusal(stolen).1, "key_under_another_serial");
    let findings = tegata_usecase::finding::list(None, (0, 10), &world.maker(), world.cx()).await.unwrap();
    assert_eq!(findings.len(), 1);
    let own = Signer::generate_p256().unwrap().0;
    assert!(enrol(&request(&own).unwrap(), credential, false, world.cx()).await.is_ok(), "a new key of its own");
    let other = identify(&theirs.unwrap().certificate, world.cx()).await.unwrap();
    let shared = enrol(&request(&own).unwrap(), other, false, world.cx()).await;
    assert_eq!(refusal(shared).1, "key_under_another_serial", "an operational key in use by another device");
}

#[tokio::test]
async fn a_decision_on_an_old_state_is_taken_again() {
    let world = World::new().await;
    let (key, made, number) = world.one().await;
    let early = identify(&made.certificate, world.cx()).await.unwrap();
    act(number, Act::Ship, Saying::default(), &world.maker(), world.cx()).await.unwrap();
    let csr = request(&key).unwrap();
    assert!(enrol(&csr, early.clone(), false, world.cx()).await.is_ok(), "the device moved on meanwhile");
    act(number, Act::Quarantine, Saying::default(), &world.maker(), world.cx()).await.unwrap();
    let (kind, code, text) = refusal(enrol(&csr, early, false, world.cx()).await);
    assert!(kind == Kind::Denied && code == "life" && text.contains("quarantined"), "{text}");
}
