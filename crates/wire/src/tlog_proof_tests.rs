//! Proof files: the specification's form, the whole way from an event to its check, and refusals.

use super::*;
use crate::life::{Extra, commitment, leaf, salt};
use crate::signed_note::sign;
use crate::tlog::leaf_hash;
use crate::tlog::tests::{leaves, naive_inclusion, naive_root};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use proptest::prelude::*;

const ORIGIN: &str = "log.example/devices";

/// The example of the specification, its checkpoint cut short.
const EXAMPLE: &str = "c2sp.org/tlog-proof@v1\n\
    extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\n\
    index 73894\n\
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\
    B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\
    \n\
    example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n— example.com/fancylog hI2DJw==\n";

/// A device's event as entry 300 of 1,000, with its proof and the log's key.
fn proved() -> (Extra, TlogProof, Verifier) {
    let extra = Extra { salt: salt(&[5; 32], 3), event: br#"{"kind":"sold"}"#.to_vec() };
    let mut tree = leaves(1000);
    tree[300] = leaf_hash(&extra.leaf());
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let key = Verifier::new(ORIGIN, pair.public_key().as_ref().try_into().unwrap()).unwrap();
    let text = Checkpoint { origin: ORIGIN.into(), size: 1000, root: naive_root(&tree) }.text().unwrap();
    let checkpoint = sign(&text, &key, |bytes| pair.sign(bytes).as_ref().try_into().unwrap()).unwrap();
    let proof = TlogProof { extra: extra.encode(), index: 300, hashes: naive_inclusion(300, &tree), checkpoint };
    (extra, proof, key)
}

#[test]
fn known_form() {
    let proof = TlogProof::parse(EXAMPLE).unwrap();
    assert_eq!((proof.index, proof.hashes.len()), (73894, 2));
    assert!(proof.extra.starts_with(b"age-v1.2.1-darwin-arm64.tar.gz"));
    assert!(proof.checkpoint.starts_with("example.com/fancylog\n109482\n"));
    assert_eq!(proof.to_string(), EXAMPLE);
}

#[test]
fn an_event_is_proved_from_its_file_alone() {
    let (extra, proof, key) = proved();
    let read = TlogProof::parse(&proof.to_string()).unwrap();
    let shown = Extra::decode(&read.extra).unwrap();
    assert_eq!(shown, extra);
    let leaf = leaf_hash(&leaf(&commitment(&shown.salt, &shown.event)));
    let checkpoint = read.check(&leaf, ORIGIN, &[key]).unwrap();
    assert_eq!(checkpoint.size, 1000);
}

#[test]
fn other_claims_are_refused() {
    let (extra, proof, key) = proved();
    let (leaf, keys) = (leaf_hash(&extra.leaf()), [key]);
    assert!(proof.check(&leaf, ORIGIN, &keys).is_ok());
    let root = Err(CheckError::Inclusion(ProofError::Root));
    assert_eq!(proof.check(&[0; 32], ORIGIN, &keys), root);
    assert_eq!(TlogProof { index: 301, ..proof.clone() }.check(&leaf, ORIGIN, &keys), root);
    let missing = TlogProof { index: 1000, ..proof.clone() }.check(&leaf, ORIGIN, &keys);
    assert_eq!(missing, Err(CheckError::Inclusion(ProofError::Index { index: 1000, size: 1000 })));
    assert_eq!(proof.check(&leaf, "log.example/facts", &keys), Err(CheckError::Origin(ORIGIN.into())));
    assert_eq!(proof.check(&leaf, ORIGIN, &[]), Err(CheckError::Checkpoint(NoteError::Unknown)));
    let grown = TlogProof { checkpoint: proof.checkpoint.replacen("\n1000\n", "\n1001\n", 1), ..proof.clone() };
    assert_eq!(grown.check(&leaf, ORIGIN, &keys), Err(CheckError::Checkpoint(NoteError::Wrong(ORIGIN.into()))));
}

#[test]
fn malformed_files() {
    for (what, by) in [
        ("c2sp", "C2sp"),
        ("@v1\n", "@v2\n"),
        ("@v1\n", "@v1\r\n"),
        ("@v1\n", "@v1\n\n"),
        ("@v1\n", "@v1"),
        ("extra ", "extra  "),
        ("extra ", "Extra "),
        ("extra ", "extra\n"),
        ("YXJ\n", "YX\n"),
        ("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\n", "extra \n"),
        ("index 73894\n", ""),
        ("index 73894", "index 073894"),
        ("index 73894", "index -1"),
        ("index 73894", "index 73894 "),
        ("index 73894", "index 18446744073709551616"),
        ("PlQ=\n", "PlQ=\r\n"),
        ("PlQ=\n", "PlR=\n"),
        ("PlQ=\n", "PlQ=AAAA\n"),
        ("PlQ=\n", "PlQ\n"),
        ("XmA=\n\n", "XmA=\n"),
    ] {
        let other = EXAMPLE.replacen(what, by, 1);
        assert_ne!(other, EXAMPLE, "{what:?} is not in the example");
        assert!(TlogProof::parse(&other).is_err(), "{what:?} as {by:?}");
    }
    let end = EXAMPLE.find("\n\n").unwrap();
    assert!(TlogProof::parse(&EXAMPLE[..end + 2]).is_err() && TlogProof::parse(&EXAMPLE[..end + 1]).is_err());
}

#[test]
fn files_have_limits() {
    let (_, proof, _) = proved();
    let read = |proof: TlogProof| TlogProof::parse(&proof.to_string());
    let largest = TlogProof {
        extra: vec![0; MAX_EXTRA],
        index: u64::MAX,
        hashes: vec![[0; 32]; MAX_PROOF],
        checkpoint: "a".repeat(MAX_NOTE),
    };
    assert_eq!(read(largest.clone()), Ok(largest));
    let extra = vec![0; MAX_EXTRA + 1];
    assert_eq!(read(TlogProof { extra, ..proof.clone() }), Err(Malformed("length of the extra data")));
    let hashes = vec![[0; 32]; MAX_PROOF + 1];
    assert_eq!(read(TlogProof { hashes, ..proof.clone() }), Err(Malformed("number of hashes")));
    let checkpoint = "a".repeat(MAX_NOTE + 1);
    assert_eq!(read(TlogProof { checkpoint, ..proof }), Err(Malformed("length of the checkpoint")));
    assert_eq!(TlogProof::parse(&"a".repeat(MAX_FILE + 1)), Err(Malformed("proof too long")));
}

#[test]
fn debug_hides_the_event() {
    let (_, proof, _) = proved();
    assert_eq!(format!("{proof:?}"), "TlogProof { index: 300, hashes: 10, extra: 47 bytes }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn files_are_read_back(
        extra in proptest::collection::vec(any::<u8>(), 0..100), index in any::<u64>(),
        hashes in proptest::collection::vec(any::<Hash>(), 0..=MAX_PROOF), checkpoint in "[ -~\n]{1,200}",
    ) {
        let proof = TlogProof { extra, index, hashes, checkpoint };
        prop_assert_eq!(TlogProof::parse(&proof.to_string()), Ok(proof));
    }

    /// What is read is written the same, whatever stands in it.
    #[test]
    fn files_are_unique(at in any::<proptest::sample::Index>(), byte in 10..127u8) {
        let mut text = EXAMPLE.as_bytes().to_vec();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(text) = String::from_utf8(text)
            && let Ok(proof) = TlogProof::parse(&text)
        {
            prop_assert_eq!(proof.to_string(), text);
        }
    }

    #[test]
    fn malformed_input_never_panics(text in "\\PC{0,60}", lines in "[a-z0-9+/= \n]{0,80}") {
        for text in [text.clone(), format!("{FIRST_LINE}{text}"), format!("{FIRST_LINE}{lines}\n\n{text}")] {
            let _ = TlogProof::parse(&text);
        }
    }
}
