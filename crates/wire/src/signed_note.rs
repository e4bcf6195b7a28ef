//! Signed texts, and the checkpoint of a log as one (C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0).
//!
//! Why here: a log signs its head this way, a witness adds its line to it, and everybody reads it. Keys live
//! elsewhere: signing takes a closure.
//! Invariant: nothing of a note is used before one known key has signed it; see [`open`].
//!
//! ```text
//! example.com/behind-the-sofa                       the origin: which log
//! 20852163                                          leaves in the tree
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=      its root
//!
//! — example.com/behind-the-sofa Az3grlgtzPICa5OS…   base64(key id, 4 bytes ‖ signature)
//! ```

use crate::tlog::{Hash, Malformed, decimal, hash_of_base64, sha256};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};
use data_encoding::HEXLOWER;
use std::fmt;

/// Bytes that a note may have: 64 signatures with ML-DSA-44, or 32 of 5 KB, and their text.
pub const MAX_NOTE: usize = 256 * 1024;

/// Signatures that a note may have; the specification asks for 16 at least.
pub const MAX_SIGNATURES: usize = 64;

/// Characters of a key name or an origin.
pub const MAX_NAME: usize = 255;

/// The signature type of plain Ed25519.
const TYPE_ED25519: u8 = 1;

/// Begins each signature line: an em dash and a space.
const DASH: &str = "— ";

/// Why a note is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The signature of a known key does not verify.
    #[error("the signature of {0} is wrong")]
    Wrong(String),
    /// Nobody known has signed it.
    #[error("no known key has signed the note")]
    Unknown,
}

/// The head of a log: the text of its note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: one line, as a rule a URL without its scheme.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// RFC 6962 §2.1 root of the tree.
    pub root: Hash,
}

impl Checkpoint {
    /// The text to sign: three lines, each with its newline. Refuses an origin that is not one short line.
    pub fn text(&self) -> Result<String, Malformed> {
        if self.origin.is_empty() || self.origin.len() > MAX_NAME || self.origin.bytes().any(|b| b < b' ') {
            return Err(Malformed("origin"));
        }
        Ok(format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root)))
    }

    /// Reads the text of a note. Extension lines are allowed and not kept: who must show what was signed keeps the
    /// text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_NOTE || text.bytes().any(is_control) {
            return Err(Malformed("checkpoint text"));
        }
        let mut lines = text.strip_suffix('\n').ok_or(Malformed("last line of the checkpoint"))?.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty() && origin.len() <= MAX_NAME);
        let origin = origin.ok_or(Malformed("origin"))?.to_owned();
        let size = lines.next().and_then(decimal).ok_or(Malformed("tree size"))?;
        let root = lines.next().and_then(hash_of_base64).ok_or(Malformed("root hash"))?;
        if lines.any(str::is_empty) {
            return Err(Malformed("empty line in the checkpoint"));
        }
        Ok(Checkpoint { origin, size, root })
    }
}

/// The name and public key of somebody whose signatures are known: Ed25519. Displays as a *vkey*,
/// `name+hex(key id)+base64(0x01 ‖ key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

impl Verifier {
    /// With a raw Ed25519 public key (RFC 8032). A name is not empty and has no space, plus or control character.
    pub fn new(name: &str, key: [u8; 32]) -> Result<Self, Malformed> {
        check_name(name)?;
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[TYPE_ED25519], &key]);
        Ok(Verifier { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// Reads a vkey, whose key id must be that of its name and key.
    pub fn parse(vkey: &str) -> Result<Self, Malformed> {
        if vkey.len() > MAX_NAME + 64 {
            return Err(Malformed("verifier key too long"));
        }
        // The base64 may have plus signs of its own.
        let (name, rest) = vkey.split_once('+').ok_or(Malformed("verifier key"))?;
        let (id, key) = rest.split_once('+').ok_or(Malformed("verifier key"))?;
        let id = HEXLOWER.decode(id.as_bytes()).map_err(|_| Malformed("key id"))?;
        let key = match BASE64_STANDARD.decode(key).as_deref() {
            Ok([TYPE_ED25519, key @ ..]) => key.try_into().map_err(|_| Malformed("Ed25519 key"))?,
            Ok(_) => return Err(Malformed("key type")),
            Err(_) => return Err(Malformed("base64 of the key")),
        };
        let verifier = Verifier::new(name, key)?;
        if id == verifier.id { Ok(verifier) } else { Err(Malformed("key id")) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its key id, which depends on name, type and key.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The raw public key.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.key).verify(text.as_bytes(), signature).is_ok()
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = [TYPE_ED25519; 33];
        key[1..].copy_from_slice(&self.key);
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id), BASE64_STANDARD.encode(key))
    }
}

/// The note of `text`, signed by the owner of `key`. `with` gives the Ed25519 signature over the bytes that it is
/// given. `text` ends with a newline and has no other control character.
pub fn sign(text: &str, key: &Verifier, with: impl FnOnce(&[u8]) -> [u8; 64]) -> Result<String, Malformed> {
    if !text.ends_with('\n') || text.bytes().any(is_control) {
        return Err(Malformed("note text"));
    }
    let note = format!("{text}\n{}", signature_line(&key.name, key.id, &with(text.as_bytes())));
    if note.len() > MAX_NOTE { Err(Malformed("note too long")) } else { Ok(note) }
}

/// One signature line, with its newline: put to the end of a note it adds a signature. For `name` and `id` see
/// [`Verifier`]; other signature types (witnesses, ML-DSA) have their own ids and lengths.
pub fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("{DASH}{name} {}\n", BASE64_STANDARD.encode([&id, signature].concat()))
}

/// A note of which at least one known key signed the text, and no known key's signature is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'n, 'v> {
    /// The signed text, with its last newline.
    pub text: &'n str,
    /// Who signed it, each once, in the order of the note.
    pub signed_by: Vec<&'v Verifier>,
    /// Signatures of unknown keys, not checked.
    pub unknown: Vec<Signature<'n>>,
}

/// A signature line as it stands in a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature<'n> {
    /// Name of the key.
    pub name: &'n str,
    /// Key id.
    pub id: [u8; 4],
    /// What follows the id: 1 byte or more.
    pub bytes: Vec<u8>,
}

/// Opens a note: checks its form and the signature of every key in `verifiers` that signed it.
///
/// Signatures of other keys are passed over, also where only name or only id is known. One known key must have signed;
/// one wrong signature of a known key refuses the whole.
pub fn open<'n, 'v>(note: &'n str, verifiers: &'v [Verifier]) -> Result<Opened<'n, 'v>, NoteError> {
    let (text, signatures) = split(note)?;
    let mut opened = Opened { text, signed_by: Vec::new(), unknown: Vec::new() };
    for line in signatures.split_terminator('\n') {
        let signature = parse_signature(line)?;
        match verifiers.iter().find(|known| known.name == signature.name && known.id == signature.id) {
            None => opened.unknown.push(signature),
            Some(known) if !known.verifies(text, &signature.bytes) => return Err(NoteError::Wrong(known.name.clone())),
            Some(known) if opened.signed_by.contains(&known) => {}
            Some(known) => opened.signed_by.push(known),
        }
    }
    if opened.signed_by.is_empty() { Err(NoteError::Unknown) } else { Ok(opened) }
}

/// A note's text and its signature lines, both with their last newline. Holds the limits.
fn split(note: &str) -> Result<(&str, &str), Malformed> {
    if note.len() > MAX_NOTE {
        return Err(Malformed("note too long"));
    }
    if note.bytes().any(is_control) {
        return Err(Malformed("control character in the note"));
    }
    let blank = note.rfind("\n\n").ok_or(Malformed("note without signatures"))?;
    let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
    if !signatures.ends_with('\n') {
        return Err(Malformed("last line of the note"));
    }
    if signatures.bytes().filter(|b| *b == b'\n').count() > MAX_SIGNATURES {
        return Err(Malformed("too many signatures"));
    }
    Ok((text, signatures))
}

fn parse_signature(line: &str) -> Result<Signature<'_>, Malformed> {
    let malformed = Malformed("signature line");
    let (name, encoded) = line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(malformed)?;
    check_name(name)?;
    let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| Malformed("base64 of a signature"))?;
    match decoded.split_first_chunk() {
        Some((id, bytes)) if !bytes.is_empty() => Ok(Signature { name, id: *id, bytes: bytes.to_vec() }),
        _ => Err(malformed),
    }
}

fn check_name(name: &str) -> Result<(), Malformed> {
    let refused = |c: char| c == '+' || c.is_whitespace() || c < ' ';
    if name.is_empty() || name.len() > MAX_NAME || name.contains(refused) {
        return Err(Malformed("key name"));
    }
    Ok(())
}

/// Refused everywhere in a note.
fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\n'
}

#[cfg(test)]
#[path = "signed_note_tests.rs"]
mod tests;
