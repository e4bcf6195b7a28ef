//! Notes against the examples of the specification and against keys made here.

use super::*;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use proptest::prelude::*;

/// The example of the signed-note specification.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n— example.com/foo \
                    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The example of the tlog-checkpoint specification.
const CHECKPOINT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

struct Signer {
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

fn signer(name: &str, seed: u8) -> Signer {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let key = pair.public_key().as_ref().try_into().unwrap();
    Signer { pair, verifier: Verifier::new(name, key).unwrap() }
}

impl Signer {
    fn sign(&self, text: &str) -> String {
        sign(text, &self.verifier, |bytes| self.pair.sign(bytes).as_ref().try_into().unwrap()).unwrap()
    }

    fn line(&self, text: &str) -> String {
        signature_line(self.verifier.name(), self.verifier.id(), self.pair.sign(text.as_bytes()).as_ref())
    }
}

#[test]
fn known_note() {
    let known = [Verifier::parse(VKEY).unwrap()];
    assert_eq!(known[0].to_string(), VKEY);
    assert_eq!(known[0].name(), "example.com/foo");
    assert_eq!(known[0].id(), [0x53, 0x0d, 0x90, 0x3a]);
    let opened = open(NOTE, &known).unwrap();
    assert_eq!(opened.text, "This is an example message.\n");
    assert_eq!((opened.signed_by, opened.unknown), (vec![&known[0]], vec![]));
    let other = NOTE.replace("This is", "That was");
    assert_eq!(open(&other, &known), Err(NoteError::Wrong("example.com/foo".into())));
    assert_eq!(open(NOTE, &[]), Err(NoteError::Unknown));
}

#[test]
fn known_checkpoint() {
    let checkpoint = Checkpoint::parse(CHECKPOINT).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20852163));
    assert_eq!(checkpoint.text().unwrap(), CHECKPOINT);
    assert_eq!(Checkpoint::parse(&format!("{CHECKPOINT}an extension\n")), Ok(checkpoint));
}

#[test]
fn malformed_checkpoints() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for text in [
        String::new(),
        "\n".into(),
        "a\n".into(),
        "a\n1\n".into(),
        format!("a\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("a\n01\n{root}\n"),
        format!("a\n-1\n{root}\n"),
        format!("a\n18446744073709551616\n{root}\n"),
        format!("a\n1\n{root}\n\n"),
        format!("a\n1\n{root}\n\nb\n"),
        format!("a\n1\n{root} \n"),
        format!("a\r\n1\n{root}\n"),
        format!("a\n1\n{}\n", &root[..43]),
        format!("a\n1\n{}\n", root.replace("2I=", "2J=")),
        format!("a\n1\n{}\n", root.replace("/", "_")),
        format!("{}\n1\n{root}\n", "a".repeat(MAX_NAME + 1)),
        format!("a\n1\n{root}\n{}\n", "b".repeat(MAX_NOTE)),
    ] {
        assert!(Checkpoint::parse(&text).is_err(), "{text:.80}");
    }
    for origin in ["", "a\nb", "a\tb", &"a".repeat(MAX_NAME + 1)] {
        let checkpoint = Checkpoint { origin: origin.into(), size: 1, root: [0; 32] };
        assert_eq!(checkpoint.text(), Err(Malformed("origin")), "{origin:.10}");
    }
}

#[test]
fn malformed_keys() {
    let key = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    for vkey in [
        String::new(),
        "+".into(),
        "++".into(),
        format!("example.com/foo+530d903b+{key}"),
        format!("example.com/fo+530d903a+{key}"),
        format!("example.com/foo+530D903A+{key}"),
        format!("example.com/foo+530d903+{key}"),
        format!("example.com/foo+530d903a+{key}A"),
        format!("example.com/foo+530d903a+{}", &key[..40]),
        format!("example.com/foo+530d903a+B{}", &key[1..]),
        "example.com/foo+530d903a+".into(),
        format!("+530d903a+{key}"),
        format!("{VKEY}\n"),
        format!("{}+530d903a+{key}", "a".repeat(MAX_NAME + 1)),
    ] {
        assert!(Verifier::parse(&vkey).is_err(), "{vkey}");
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{3000}b", "a\nb", "a\tb", "a\u{1}b", &"a".repeat(MAX_NAME + 1)] {
        assert_eq!(Verifier::new(name, [0; 32]), Err(Malformed("key name")), "{name:?}");
    }
}

#[test]
fn several_sign() {
    let (log, witness, stranger) = (signer("log", 1), signer("witness", 2), signer("stranger", 3));
    let known = [log.verifier.clone(), witness.verifier.clone()];
    let note = log.sign(CHECKPOINT) + &stranger.line(CHECKPOINT) + &witness.line(CHECKPOINT) + &log.line(CHECKPOINT);
    let opened = open(&note, &known).unwrap();
    assert_eq!(opened.text, CHECKPOINT);
    assert_eq!(opened.signed_by, [&known[0], &known[1]]);
    assert_eq!(opened.unknown.len(), 1);
    assert_eq!((opened.unknown[0].name, opened.unknown[0].bytes.len()), ("stranger", 64));
    // One known key suffices; the others are then unknown.
    assert_eq!(open(&note, &known[1..]).unwrap().signed_by, [&known[1]]);
    // A wrong signature of a known key refuses the whole, even beside a right one of the same key.
    for wrong in [witness.line("other\n"), log.line("other\n")] {
        assert!(matches!(open(&(log.sign(CHECKPOINT) + &wrong), &known), Err(NoteError::Wrong(_))));
    }
    let short = signature_line("log", log.verifier.id(), &[0; 63]);
    assert_eq!(open(&(log.sign(CHECKPOINT) + &short), &known), Err(NoteError::Wrong("log".into())));
    // Only the name or only the id: not this key.
    let namesake = signature_line("log", [0; 4], &[0; 64]) + &signature_line("gol", log.verifier.id(), &[0; 64]);
    assert_eq!(open(&(log.sign(CHECKPOINT) + &namesake), &known).unwrap().unknown.len(), 2);
    assert_eq!(open(&format!("{CHECKPOINT}\n{namesake}"), &known), Err(NoteError::Unknown));
}

#[test]
fn the_text_ends_at_the_last_empty_line() {
    let log = signer("log", 1);
    let text = "one\n\n— log AAAAAAAA\n\ntwo\n";
    assert_eq!(open(&log.sign(text), std::slice::from_ref(&log.verifier)).unwrap().text, text);
}

#[test]
fn notes_have_limits() {
    let log = signer("log", 1);
    let known = [log.verifier.clone()];
    let most = log.sign(CHECKPOINT) + &signature_line("x", [0; 4], &[0; 64]).repeat(MAX_SIGNATURES - 1);
    assert_eq!(open(&most, &known).unwrap().unknown.len(), MAX_SIGNATURES - 1);
    let more = most + &signature_line("x", [0; 4], &[0; 64]);
    assert_eq!(open(&more, &known), Err(Malformed("too many signatures").into()));
    let long = log.sign(CHECKPOINT) + &signature_line("x", [0; 4], &vec![0; MAX_NOTE]);
    assert_eq!(open(&long, &known), Err(Malformed("note too long").into()));
    let long = sign(&format!("{}\n", "a".repeat(MAX_NOTE)), &log.verifier, |_| [0; 64]);
    assert_eq!(long, Err(Malformed("note too long")));
    for text in ["", "a", "a\r\n", "a\0\n"] {
        assert_eq!(sign(text, &log.verifier, |_| [0; 64]), Err(Malformed("note text")), "{text:?}");
    }
}

#[test]
fn malformed_notes() {
    let log = signer("log", 1);
    let (note, known) = (log.sign("text\n"), [log.verifier.clone()]);
    for (what, by) in [
        ("\n\n", "\n"),
        ("\n\n", "\n \n"),
        ("— ", "- "),
        ("— ", "—"),
        ("— ", " — "),
        ("— log ", "— log  "),
        ("— log ", "—  log "),
        ("— log ", "— "),
        ("— log ", "— l+g "),
        ("=\n", "="),
        ("=\n", "\n"),
        ("=\n", "=\n\n"),
        ("=\n", "= \n"),
        ("=\n", "=\r\n"),
        ("text", "te\u{1}xt"),
    ] {
        let other = note.replacen(what, by, 1);
        assert_ne!(other, note, "{what:?} is not in the note");
        assert!(matches!(open(&other, &known), Err(NoteError::Malformed(_))), "{what:?} as {by:?}");
    }
    let empty = signature_line("x", [0; 4], &[]);
    assert_eq!(open(&(note + &empty), &known), Err(Malformed("signature line").into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn checkpoints_are_read_back(origin in "[^\\x00-\\x1f]{1,60}", size in any::<u64>(), root in any::<Hash>()) {
        let checkpoint = Checkpoint { origin, size, root };
        prop_assert_eq!(Checkpoint::parse(&checkpoint.text().unwrap()), Ok(checkpoint));
    }

    #[test]
    fn keys_are_read_back(name in "[a-z0-9./é東-]{1,40}", key in any::<[u8; 32]>()) {
        let verifier = Verifier::new(&name, key).unwrap();
        prop_assert_eq!(Verifier::parse(&verifier.to_string()), Ok(verifier));
    }

    #[test]
    fn notes_are_read_back(text in "([^\\x00-\\x1f]{0,20}\n){1,4}", seed in any::<u8>()) {
        let log = signer("log.example/é", seed);
        let note = log.sign(&text);
        let known = [log.verifier.clone()];
        prop_assert_eq!(open(&note, &known).unwrap().text, text);
    }

    /// Any changed byte of a note is noticed.
    #[test]
    fn changed_notes_are_refused(at in any::<proptest::sample::Index>(), by in 1..=255u8) {
        let log = signer("log", 9);
        let mut note = log.sign(CHECKPOINT).into_bytes();
        let at = at.index(note.len());
        note[at] ^= by;
        if let Ok(note) = String::from_utf8(note) {
            prop_assert!(open(&note, std::slice::from_ref(&log.verifier)).is_err());
        }
    }

    #[test]
    fn malformed_input_never_panics(text in "\\PC{0,60}", tail in "[a-z+/= \n—]{0,60}") {
        let known = [Verifier::parse(VKEY).unwrap()];
        for text in [text.clone(), format!("{text}\n\n— {tail}\n"), tail.clone(), format!("{tail}+{text}")] {
            let _ = Checkpoint::parse(&text);
            let _ = Verifier::parse(&text);
            prop_assert!(open(&text, &known).is_err());
        }
    }
}
