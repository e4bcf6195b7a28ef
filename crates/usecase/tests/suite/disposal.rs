//! The end of a device's secrets: asked for, signed by the device, witnessed, or confirmed by nobody.

use crate::world::World;
use tegata_domain::device::Stage;
use tegata_domain::disposal::Erasure;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::Operator;
use tegata_keys::request::request;
use tegata_keys::signer::Signer;
use tegata_usecase::certificate::identify;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, events};
use tegata_usecase::disposal::{Receipt, ask, asked, confirm, of};
use tegata_usecase::enrolment::enrol;
use tegata_usecase::ledger::{prove_stamp, sequence};
use tegata_usecase::peer::{Peer, device, ending};
use tegata_usecase::{Kind, lookup};
use tegata_wire::erasure::Statement;

fn receipt(number: Number, key: &Signer) -> Receipt {
    let statement = Statement {
        number: number.to_string(),
        keys_destroyed: vec!["ldevid".into(), "data".into()],
        at: "2031-04-01T09:30:00Z".into(),
        nonce: "n1".into(),
    };
    let statement = statement.to_string();
    let signature = key.sign(statement.as_bytes()).unwrap();
    Receipt { statement, signature }
}

#[tokio::test]
async fn a_device_signs_its_end() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (key, made, number) = world.one().await;
    let (_, clinic) = world.enter("Clinic", Operator).await;
    world.hand_over(number, &maker, &clinic).await;
    let idevid = || async { identify(&made.certificate, cx).await.unwrap() };
    let operational = Signer::generate_p256().unwrap().0;
    let ldevid = enrol(&request(&operational).unwrap(), idevid().await, false, cx).await.unwrap().certificate;
    let row = idevid().await.device.row;
    assert!(!asked(row, cx).await.unwrap());
    let since = ask(number, &clinic, cx).await.unwrap();
    assert_eq!(ask(number, &clinic, cx).await.unwrap(), since);
    assert!(asked(row, cx).await.unwrap());
    assert_eq!(ask(number, &maker, cx).await.unwrap_err().kind, Kind::Denied, "the owner's to ask");
    assert_eq!(of(number, &maker, cx).await.unwrap(), None, "and to know");
    // only the key from manufacture speaks for the device, under either certificate
    let forged = Receipt { signature: operational.sign(b"").unwrap(), ..receipt(number, &operational) };
    assert_eq!(confirm(forged, idevid().await, cx).await.unwrap_err().code, "signature");
    let shown = identify(&ldevid, cx).await.unwrap();
    let confirmed = confirm(receipt(number, &key), shown, cx).await.unwrap();
    assert_eq!(confirmed.device.stage, Stage::Retired);
    for certificate in [&made.certificate, &ldevid] {
        assert_eq!(identify(certificate, cx).await.unwrap_err().kind, Kind::Denied);
    }
    let (last, _) = events(number, (0, 99), &clinic, cx).await.unwrap().pop().unwrap();
    assert_eq!((&last.data["erasure"], &last.data["receipt"]), (&"signed".into(), &confirmed.receipt.into()));
    let told = of(number, &maker, cx).await.unwrap().unwrap();
    assert_eq!((told.requested_at, told.erasure), (None, Erasure::Signed));
    let (statement, signature) = told.receipt.unwrap();
    assert!(tegata_keys::statement::verify(key.spki(), statement.as_bytes(), &signature).is_ok());
    assert_eq!(lookup::by_number(number, cx).await.unwrap().erasure, Some(Erasure::Signed));
    assert!(!asked(row, cx).await.unwrap());
}

#[tokio::test]
async fn statements_that_prove_nothing() {
    let world = World::new().await;
    let cx = world.cx();
    let ticket = world.ticket(2).await;
    let mut made = world.make(&ticket, &["A".to_owned(), "B".to_owned()]).await;
    let ((other, theirs), (key, mine)) = (made.pop().unwrap(), made.pop().unwrap());
    let (theirs, mine) = (theirs.unwrap(), mine.unwrap());
    let [their_number, number] = [&theirs, &mine].map(|m| Number::parse(&m.number).unwrap());
    let changed = |from: &str, to: &str| {
        let good = receipt(number, &key);
        Receipt { statement: good.statement.replace(from, to), ..good }
    };
    for (wrong, code) in [
        (receipt(their_number, &key), "statement"),
        (receipt(number, &other), "signature"),
        (changed("data", "dat"), "signature"),
        (changed("\n", "\r\n"), "statement"),
        (Receipt { signature: vec![0; 9000], ..receipt(number, &key) }, "signature"),
    ] {
        let credential = identify(&mine.certificate, cx).await.unwrap();
        assert_eq!(confirm(wrong, credential, cx).await.unwrap_err().code, code);
    }
    let credential = identify(&mine.certificate, cx).await.unwrap();
    assert_eq!(lookup::by_number(number, cx).await.unwrap().erasure, None, "it lives");
    assert!(confirm(receipt(number, &key), credential, cx).await.is_ok());
}

#[tokio::test]
async fn a_held_device_may_end() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let ticket = world.ticket(2).await;
    let units = world.make(&ticket, &["A".to_owned(), "B".to_owned()]).await;
    for (held, (key, made)) in [Act::Quarantine, Act::Recall].into_iter().zip(units) {
        let made = made.unwrap();
        let number = Number::parse(&made.number).unwrap();
        act(number, held, Saying::default(), &maker, cx).await.unwrap();
        let peer = Peer {
            address: [127, 0, 0, 1].into(),
            certificate: Some(std::sync::Arc::new(made.certificate.clone().into())),
        };
        assert_eq!(device(&peer, None, cx).await.unwrap_err().code, "life", "no service for it");
        assert_eq!(ending(&peer, Some("Bearer x"), cx).await.unwrap_err().code, "two_identities");
        let shown = ending(&peer, None, cx).await.unwrap();
        let ended = confirm(receipt(number, &key), shown, cx).await.unwrap();
        assert_eq!(ended.device.stage, Stage::Retired);
        assert_eq!(ending(&peer, None, cx).await.unwrap_err().kind, Kind::Denied, "once");
    }
    let nobody = Peer { address: [127, 0, 0, 1].into(), certificate: None };
    assert_eq!(ending(&nobody, None, cx).await.unwrap_err().kind, Kind::NoCredential);
}

#[tokio::test]
async fn witnessed_or_not() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let ticket = world.ticket(2).await;
    let made = world.make(&ticket, &["A".to_owned(), "B".to_owned()]).await;
    let numbers: Vec<_> = made.into_iter().map(|(_, m)| Number::parse(&m.unwrap().number).unwrap()).collect();
    let witness = Saying { witness: Some("H. Sato saw the shredder".into()), ..Saying::default() };
    let misplaced = act(numbers[0], Act::Ship, witness.clone(), &maker, cx).await;
    assert_eq!(misplaced.unwrap_err().code, "words");
    act(numbers[0], Act::Retire, witness, &maker, cx).await.unwrap();
    act(numbers[1], Act::Retire, Saying::default(), &maker, cx).await.unwrap();
    sequence(Log::Devices, cx).await.unwrap();
    for (number, erasure, public) in [(numbers[0], Erasure::Witnessed, false), (numbers[1], Erasure::Unconfirmed, true)]
    {
        assert_eq!(lookup::by_number(number, cx).await.unwrap().erasure, Some(erasure));
        assert_eq!(prove_stamp(number, 2, cx).await.is_ok(), public, "a witness is a person");
        assert_eq!(ask(number, &maker, cx).await.unwrap_err().code, "life");
    }
}

#[tokio::test]
async fn what_the_giver_asked_is_not_the_takers_wish() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (_, made, number) = world.one().await;
    let (_, clinic) = world.enter("Clinic", Operator).await;
    let row = identify(&made.certificate, cx).await.unwrap().device.row;
    ask(number, &maker, cx).await.unwrap();
    cx.seen.note(row, cx.now().unwrap());
    tegata_usecase::seen::flush(cx).await.unwrap();
    cx.seen.note(row, cx.now().unwrap());
    world.hand_over(number, &maker, &clinic).await;
    tegata_usecase::seen::flush(cx).await.unwrap();
    assert_eq!(cx.store.seen().at(row).await.unwrap(), None, "when it was last used is the giver's");
    assert!(!asked(row, cx).await.unwrap());
    assert_eq!(of(number, &clinic, cx).await.unwrap(), None);
}
