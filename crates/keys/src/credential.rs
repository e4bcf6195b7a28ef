//! The password that a device has at birth: made at the line, printed on its label, kept by the platform as a digest.

use aws_lc_rs::hmac;
use tegata_domain::chance::{self, Chance};
use zeroize::Zeroizing;

/// Letters and digits that nobody takes for one another (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new password: 60 random bits as twelve letters in groups of four.
pub fn password(chance: &dyn Chance) -> Zeroizing<String> {
    let bits = u64::from_be_bytes(chance::bytes(chance));
    let letter = |place: u32| char::from(LETTERS[(bits >> (5 * place)) as usize & 31]);
    let group = |first: u32| (first..first + 4).map(letter).collect::<String>();
    Zeroizing::new([group(0), group(4), group(8)].join("-"))
}

/// What the platform keeps: HMAC-SHA256 (RFC 2104) with the salt as key over the password as it is printed.
pub fn hash(salt: &[u8; 16], password: &str) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), password.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Chance for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn passwords_are_twelve_letters_in_groups() {
        assert_eq!(*password(&Fixed(0)), "0000-0000-0000");
        assert_eq!(*password(&Fixed(0xff)), "ZZZZ-ZZZZ-ZZZZ");
        assert_eq!(password(&Fixed(0x5a)).len(), 14);
    }

    /// Made with `openssl dgst -sha256 -mac HMAC -macopt hexkey:00…0f`.
    #[test]
    fn hashes_are_those_of_others() {
        let salt = std::array::from_fn(|i| i as u8);
        let expected = "398facddfcd94ceffa0480945929505fc171c6e1ee5432746c42a8918e7f9986";
        assert_eq!(data_encoding::HEXLOWER.encode(&hash(&salt, "0123-ABCD-WXYZ")), expected);
    }
}
