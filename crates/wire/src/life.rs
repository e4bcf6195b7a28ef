//! What the device log commits to: Tegata's own format, version 1.
//!
//! A leaf shows nothing of the event: no serial, no kind, no time. Whoever is shown salt and event recomputes the
//! leaf and checks its inclusion. All salts of one device and owner period come from one epoch key, so that erasing
//! this key, the events and the owner's row erases exactly that part of the life; showing one salt shows no other.
//!
//! ```text
//! salt       = HMAC-SHA256(epoch key, sequence as a big-endian u64)
//! commitment = SHA-256("tegata.dev/event/v1\n" ‖ salt ‖ canonical event)
//! leaf       = 0x01 ‖ commitment
//! extra      = salt ‖ canonical event            (in a tlog-proof, see crate::tlog_proof)
//! ```

use crate::tlog::{Malformed, sha256};
use crate::tlog_tiles::MAX_ENTRY;
use aws_lc_rs::hmac;
use std::fmt;

/// Separates these commitments from all other uses of SHA-256, and this version from later ones.
const DOMAIN: &[u8] = b"tegata.dev/event/v1\n";

/// The first byte of a leaf: the kind of what follows.
const COMMITMENT: u8 = 1;

/// The salt of the event at `sequence` in a device's life. `epoch_key` is that of the device and owner period.
pub fn salt(epoch_key: &[u8; 32], sequence: u32) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, epoch_key);
    let tag = hmac::sign(&key, &u64::from(sequence).to_be_bytes());
    let mut salt = [0; 32];
    salt.copy_from_slice(tag.as_ref());
    salt
}

/// The commitment to an event. The salt has a fixed length, so no other pair of salt and event has the same input.
pub fn commitment(salt: &[u8; 32], canonical_event: &[u8]) -> [u8; 32] {
    sha256(&[DOMAIN, salt, canonical_event])
}

/// The entry in the device log: hashed by [`crate::tlog::leaf_hash`].
pub fn leaf(commitment: &[u8; 32]) -> [u8; 33] {
    let mut leaf = [COMMITMENT; 33];
    leaf[1..].copy_from_slice(commitment);
    leaf
}

/// What opens a commitment. A proof for the device log carries it as `extra`.
///
/// `Debug` shows neither salt nor event: both are somebody's.
#[derive(Clone, PartialEq, Eq)]
pub struct Extra {
    /// Of this event alone.
    pub salt: [u8; 32],
    /// The canonical bytes of the event, at most [`MAX_ENTRY`].
    pub event: Vec<u8>,
}

impl Extra {
    /// Salt, then event.
    pub fn encode(&self) -> Vec<u8> {
        [&self.salt, &self.event[..]].concat()
    }

    /// Reads it. Refuses less than a salt, a missing event and one of more than [`MAX_ENTRY`] bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        match bytes.split_first_chunk() {
            None => Err(Malformed("salt")),
            Some((_, [])) => Err(Malformed("event missing")),
            Some((_, event)) if event.len() > MAX_ENTRY => Err(Malformed("event too long")),
            Some((salt, event)) => Ok(Extra { salt: *salt, event: event.to_vec() }),
        }
    }

    /// The leaf that commits to this event under this salt.
    pub fn leaf(&self) -> [u8; 33] {
        leaf(&commitment(&self.salt, &self.event))
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extra {{ event: {} bytes }}", self.event.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    /// Computed with Python's hmac and hashlib: key 00 01 … 1f, sequence 7, event {"a":1}.
    #[test]
    fn known_commitment() {
        let key = std::array::from_fn(|i| i as u8);
        let salt = salt(&key, 7);
        assert_eq!(HEXLOWER.encode(&salt), "dd12e3f09e85b8f1646d96744e4ecc0468d4e071ac6be42f731dd79a3bb857e2");
        let extra = Extra { salt, event: br#"{"a":1}"#.to_vec() };
        assert_eq!(
            HEXLOWER.encode(&extra.leaf()),
            "01e0b1cc3284fa7bb497948687f4219fbb3af053dd3c02192178c9f2cd6acf9ddf"
        );
    }

    #[test]
    fn malformed_extras() {
        assert_eq!(Extra::decode(&[0; 31]), Err(Malformed("salt")));
        assert_eq!(Extra::decode(&[0; 32]), Err(Malformed("event missing")));
        assert_eq!(Extra::decode(&[0; 32 + MAX_ENTRY + 1]), Err(Malformed("event too long")));
        assert!(Extra::decode(&[0; 32 + MAX_ENTRY]).is_ok());
    }

    #[test]
    fn debug_tells_nothing() {
        let extra = Extra { salt: [7; 32], event: b"secret".to_vec() };
        assert_eq!(format!("{extra:?}"), "Extra { event: 6 bytes }");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn extras_are_read_back(salt in any::<[u8; 32]>(), event in proptest::collection::vec(any::<u8>(), 1..300)) {
            let extra = Extra { salt, event };
            prop_assert_eq!(Extra::decode(&extra.encode()), Ok(extra));
        }
    }
}
