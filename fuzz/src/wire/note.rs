//! Signed notes, checkpoints, verifier keys and proofs that stand alone: one way to write each, and no signature that
//! was not made.

use std::sync::OnceLock;
use tegata_keys::signer::Signer;
use tegata_wire::signed_note::{Checkpoint, MAX_NOTE, NoteError, Verifier, open, sign};
use tegata_wire::tlog_proof::{CheckError, MAX_FILE, TlogProof};

/// A key whose signatures no input can hold: it is thrown away.
fn nobody() -> &'static [Verifier] {
    static KEY: OnceLock<Vec<Verifier>> = OnceLock::new();
    KEY.get_or_init(|| vec![Verifier::new("log.test", [7; 32]).expect("a name")])
}

/// The text of a checkpoint.
pub fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        let own = checkpoint.text().expect("it was read");
        assert!(text.starts_with(&own), "extension lines come after what is written");
        assert_eq!(Checkpoint::parse(&own), Ok(checkpoint));
    }
}

/// A verifier key.
pub fn verifier(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = Verifier::parse(text) {
        assert_eq!(key.to_string(), text);
        assert_eq!(Verifier::new(key.name(), *key.key()), Ok(key));
    }
    // a name that makes a key makes one that is read back
    if let Ok(key) = Verifier::new(text, [9; 32]) {
        assert_eq!(Verifier::parse(&key.to_string()), Ok(key));
    }
}

/// A note: never signed by who has not, and any text that can be signed is opened again.
pub fn note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(opened) = open(text, nobody()) {
        panic!("a signature out of nothing: {opened:?}");
    }
    let key = nobody().first().expect("one");
    if let Ok(note) = sign(text, key, |_| [5; 64]) {
        assert_eq!(open(&note, nobody()), Err(NoteError::Wrong("log.test".into())));
        assert!(note.len() <= MAX_NOTE);
        let opened = open(&note, &[]);
        assert_eq!(opened, Err(NoteError::Unknown));
        real(text);
    }
}

/// Signs with a key that there is.
fn real(text: &str) {
    static SIGNER: OnceLock<(Signer, Verifier)> = OnceLock::new();
    let (signer, key) = SIGNER.get_or_init(|| {
        let signer = Signer::generate_ed25519().expect("a key").0;
        let public = *signer.spki().last_chunk().expect("32 bytes at its end");
        (signer, Verifier::new("real.test", public).expect("a name"))
    });
    let note = sign(text, key, |bytes| signer.sign(bytes).ok().and_then(|s| s.try_into().ok()).expect("64 bytes"));
    let note = note.expect("it was signed before");
    let keys = [key.clone()];
    let opened = open(&note, &keys).expect("its own signature");
    assert_eq!((opened.text, opened.signed_by.len()), (text, 1));
}

/// A proof file.
pub fn proof(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(proof) = TlogProof::parse(text) {
        assert!(text.len() <= MAX_FILE);
        assert_eq!(proof.to_string(), text);
        let refused = proof.check(&[0; 32], "log.test", nobody());
        assert!(matches!(refused, Err(CheckError::Checkpoint(_))), "nobody signed it: {refused:?}");
    }
}
