//! Session tokens: a counter under a MAC, so that old ones are known again without being stored.
//!
//! ```text
//! token = base64url(counter, u64 big-endian ‖ random, 8 bytes ‖ MAC, 16 bytes)
//! MAC   = first 16 bytes of HMAC-SHA256(session key,
//!         "tegata-session/v1" ‖ device, 16 bytes ‖ period u32 ‖ epoch u32 ‖ counter ‖ random)
//! ```

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE64URL_NOPAD;
use tegata_domain::id::Uuid;

const DOMAIN: &[u8] = b"tegata-session/v1";

/// Makes session tokens and knows them again.
pub struct SessionKey(hmac::Key);

/// Whose tokens, and of which epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// The device's outward id.
    pub device: Uuid,
    /// Its owner period.
    pub period: u32,
    /// The session epoch in it.
    pub epoch: u32,
}

impl SessionKey {
    /// From its 32 bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        SessionKey(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn mac(&self, of: Epoch, counted: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(DOMAIN);
        context.update(of.device.as_bytes());
        context.update(&of.period.to_be_bytes());
        context.update(&of.epoch.to_be_bytes());
        context.update(counted);
        let mut mac = [0; 16];
        mac.copy_from_slice(&context.sign().as_ref()[..16]);
        mac
    }

    /// The token with this counter.
    pub fn token(&self, of: Epoch, counter: u64, random: [u8; 8]) -> String {
        let counted = [counter.to_be_bytes(), random].concat();
        BASE64URL_NOPAD.encode(&[counted.as_slice(), &self.mac(of, &counted)].concat())
    }

    /// The counter of a token that was made here for this device and epoch. Compares in constant time.
    pub fn counter(&self, of: Epoch, token: &str) -> Option<u64> {
        let bytes = (token.len() == 43).then(|| BASE64URL_NOPAD.decode(token.as_bytes()).ok()).flatten()?;
        let (counted, mac) = bytes.split_at_checked(16)?;
        constant_time::verify_slices_are_equal(&self.mac(of, counted), mac).ok()?;
        Some(u64::from_be_bytes(*counted.first_chunk()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_in_its_epoch_only() {
        let key = SessionKey::new(&[5; 32]);
        let of = Epoch { device: Uuid::from_u128(7), period: 1, epoch: 2 };
        let token = key.token(of, 9, [3; 8]);
        assert_eq!((token.len(), key.counter(of, &token)), (43, Some(9)));
        for other in [
            Epoch { device: Uuid::from_u128(8), ..of },
            Epoch { period: 2, ..of },
            Epoch { epoch: 3, ..of },
            Epoch { period: 2, epoch: 1, ..of },
        ] {
            assert_eq!(key.counter(other, &token), None, "{other:?}");
        }
        assert_eq!(SessionKey::new(&[6; 32]).counter(of, &token), None);
    }

    #[test]
    fn what_was_changed_is_unknown() {
        let key = SessionKey::new(&[5; 32]);
        let of = Epoch { device: Uuid::nil(), period: 0, epoch: 0 };
        let token = key.token(of, 1, [0; 8]);
        let raw = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        for bit in 0..256 {
            let mut changed = raw.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.counter(of, &BASE64URL_NOPAD.encode(&changed)), None, "bit {bit}");
        }
        for text in ["", "x", &token[..42], &format!("{token}="), &format!("{token}A"), "\u{3042}".repeat(15).as_str()]
        {
            assert_eq!(key.counter(of, text), None, "{text}");
        }
    }

    /// The form is fixed: tokens in the field outlive the program that made them.
    #[test]
    fn the_form_stays() {
        let of = Epoch { device: Uuid::from_u128(1), period: 0, epoch: 0 };
        let token = SessionKey::new(&[1; 32]).token(of, 2, [3; 8]);
        assert_eq!(token, "AAAAAAAAAAIDAwMDAwMDA7GN9dKrGQSno-Pc9AtI7kQ");
    }
}
