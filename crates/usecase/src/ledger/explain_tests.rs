//! Proofs of a log of five entries, whole and broken at each step.

use super::*;
use tegata_keys::signer::Signer;
use tegata_wire::signed_note::sign;
use tegata_wire::tlog::node_hash;

const EVENT: &[u8] = br#"{"at":"2027-01-18T02:00:00Z","device":"0193","kind":"made","sequence":1}"#;

/// A log's key of some signer.
fn key(signer: &Signer) -> Verifier {
    Verifier::new("example.com/ledger/devices", signer.public_key().try_into().unwrap()).unwrap()
}

/// The proof of the last of five entries, signed, with the key of the log.
fn proof() -> (TlogProof, Verifier) {
    let signer = Signer::generate_ed25519().unwrap().0;
    let extra = Extra { salt: [7; 32], event: EVENT.to_vec() };
    let leaf = leaf_hash(&extra.leaf());
    let four = node_hash(&[1; 32], &[2; 32]);
    let root = node_hash(&four, &leaf);
    let verifier = key(&signer);
    let text = Checkpoint { origin: verifier.name().into(), size: 5, root }.text().unwrap();
    let note = sign(&text, &verifier, |text| signer.sign(text).unwrap().try_into().unwrap()).unwrap();
    (TlogProof { extra: extra.encode(), index: 4, hashes: vec![four], checkpoint: note }, verifier)
}

#[test]
fn a_whole_proof_is_told() {
    let (proof, key) = proof();
    let found = of(&proof.to_string(), &[(key, 9)]);
    assert_eq!(found.fault, None);
    assert!(Step::ALL.into_iter().all(|step| found.held(step) && found.taken(step)));
    assert_eq!((found.place, found.told.unwrap().event["kind"].as_str()), (Some((4, 1)), Some("made")));
    let signed = found.signed.unwrap();
    assert_eq!((signed.size, signed.size_now, &*signed.origin), (5, 9, "example.com/ledger/devices"));
}

#[test]
fn a_proof_that_was_pasted_is_the_same() {
    let (proof, key) = proof();
    let text = proof.to_string();
    for pasted in [text.replace('\n', "\r\n"), format!("\n {text}"), text.trim_end().to_owned()] {
        assert_eq!(of(&pasted, &[(key.clone(), 9)]).fault, None, "{pasted:?}");
    }
}

#[test]
fn each_break_is_named_at_its_step() {
    let (whole, key) = proof();
    let mut other = whole.clone();
    other.checkpoint = other.checkpoint.replacen("\n5\n", "\n6\n", 1);
    let mut elsewhere = whole.clone();
    elsewhere.checkpoint = elsewhere.checkpoint.replace("example.com", "example.org");
    let bare = TlogProof { extra: Vec::new(), ..whole.clone() };
    let mut changed = whole.clone();
    *changed.extra.last_mut().unwrap() = b' ';
    let mut words = whole.clone();
    let at = words.extra.windows(4).position(|four| four == b"made").unwrap();
    words.extra[at..at + 4].copy_from_slice(b"sold");
    let short = TlogProof { hashes: Vec::new(), ..whole.clone() };
    for (broken, step, fault) in [
        (&other, Step::Signature, Fault::BadSignature),
        (&elsewhere, Step::Signature, Fault::OtherLog),
        (&bare, Step::Entry, Fault::NoEntry),
        (&changed, Step::Entry, Fault::NoEntry),
        (&words, Step::Path, Fault::AnotherRoot),
        (&short, Step::Path, Fault::WrongLength),
    ] {
        let found = of(&broken.to_string(), &[(key.clone(), 9)]);
        assert_eq!(found.fault, Some((step, fault)));
        assert!(!found.held(step) && found.taken(step), "{fault:?}");
    }
    for text in ["", "hello", "c2sp.org/tlog-proof@v1\nindex x"] {
        assert_eq!(of(text, &[]).fault, Some((Step::Form, Fault::Unreadable)), "{text:?}");
    }
    let another = self::key(&Signer::generate_ed25519().unwrap().0);
    assert_eq!(of(&whole.to_string(), &[(another, 9)]).fault, Some((Step::Signature, Fault::BadSignature)));
}
