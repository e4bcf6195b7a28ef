//! Recovery codes of a person: what opens her account when the phone with her one-time codes is lost.
//!
//! Why a MAC and no slow hash: 50 bits could be tried out against a plain digest that leaked, so what is kept is a MAC
//! under the unlock secret, bound to the account; a try against the server is counted as one of a password is.
//! Invariant: a code opens once; [`Codes::spend`] answers what is left, and the caller keeps that in the same commit.

use crate::seal::Seal;
use aws_lc_rs::constant_time;
use tegata_domain::chance::{self, Chance};
use tegata_domain::id::Uuid;
use zeroize::Zeroizing;

/// Codes that a person gets at once.
pub const COUNT: usize = 8;

/// Letters of a code, 5 bits each.
const LETTERS: usize = 10;

/// Crockford's: digits, and letters that nobody takes for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Bytes of one code as it is kept.
const KEPT: usize = 32;

const LABEL: &str = "account-recovery-code/v1";

/// New codes, shown once: `abcde-fgh23`.
pub fn make(chance: &dyn Chance) -> Vec<Zeroizing<String>> {
    let code = || {
        let random = chance::bytes::<LETTERS>(chance);
        let letters: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        Zeroizing::new(format!("{}-{}", &letters[..LETTERS / 2], &letters[LETTERS / 2..]))
    };
    (0..COUNT).map(|_| code()).collect()
}

/// The codes of one account, as they are kept: a MAC each, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes(Vec<u8>);

impl Codes {
    /// What is kept of new codes.
    pub fn keep<C: AsRef<str>>(codes: &[C], account: Uuid, seal: &Seal) -> Self {
        let macs = codes.iter().filter_map(|code| mac(code.as_ref(), account, seal));
        Codes(macs.flatten().collect())
    }

    /// As they were kept; `None` where that cannot be.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() % KEPT == 0 && bytes.len() <= COUNT * KEPT).then_some(Codes(bytes))
    }

    /// To be kept.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.len() / KEPT
    }

    /// What is left when this code was used; `None` when it is none of them.
    pub fn spend(&self, typed: &str, account: Uuid, seal: &Seal) -> Option<Self> {
        let mac = mac(typed, account, seal)?;
        let (mut left, mut found) = (Vec::with_capacity(self.0.len()), false);
        for kept in self.0.chunks_exact(KEPT) {
            if constant_time::verify_slices_are_equal(kept, &mac).is_ok() {
                found = true;
            } else {
                left.extend_from_slice(kept);
            }
        }
        found.then_some(Codes(left))
    }
}

/// The MAC of a code as a person types it; `None` for a text that is no code.
fn mac(typed: &str, account: Uuid, seal: &Seal) -> Option<[u8; KEPT]> {
    let mut message = Zeroizing::new(Vec::with_capacity(16 + LETTERS));
    message.extend_from_slice(account.as_bytes());
    for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let letter = match u8::try_from(letter).ok()?.to_ascii_lowercase() {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        };
        if !ALPHABET.contains(&letter) || message.len() == 16 + LETTERS {
            return None;
        }
        message.push(letter);
    }
    (message.len() == 16 + LETTERS).then(|| seal.mac(LABEL, &message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl Chance for Counting {
        fn fill(&self, out: &mut [u8]) {
            out.fill_with(|| self.0.fetch_add(37, Ordering::Relaxed));
        }
    }

    const ANNA: Uuid = Uuid::from_u128(1);

    fn made() -> (Vec<Zeroizing<String>>, Codes, Seal) {
        let seal = Seal::new(&[3; 32]).unwrap();
        let codes = make(&Counting(AtomicU8::new(5)));
        let kept = Codes::keep(&codes, ANNA, &seal);
        (codes, kept, seal)
    }

    #[test]
    fn each_code_opens_once_for_its_account() {
        let (codes, mut kept, seal) = made();
        assert_eq!(codes.iter().map(|code| code.to_string()).collect::<BTreeSet<_>>().len(), COUNT);
        for (used, code) in codes.iter().enumerate() {
            assert_eq!(kept.left(), COUNT - used);
            assert_eq!(kept.spend(code, Uuid::from_u128(2), &seal), None, "another's");
            kept = kept.spend(code, ANNA, &seal).unwrap();
            assert_eq!(kept.spend(code, ANNA, &seal), None, "a second time");
        }
        assert_eq!(kept.left(), 0);
    }

    #[test]
    fn codes_as_people_type_them() {
        let (codes, kept, seal) = made();
        let code = codes.iter().find(|code| code.contains(['0', '1'])).expect("one has a letter that is misread");
        let letters = code.replace('-', "");
        for typed in [
            code.to_uppercase(),
            letters.clone(),
            format!(" {} {} ", &letters[..3], &letters[3..]),
            code.replace('0', "O").replace('1', "l"),
        ] {
            assert!(kept.spend(&typed, ANNA, &seal).is_some(), "{typed}");
        }
        for typed in ["", "-", &letters[1..], &format!("{letters}0"), "ｕｕｕｕｕｕｕｕｕｕ", "uuuuu-uuuuu"] {
            assert!(kept.spend(typed, ANNA, &seal).is_none(), "{typed}");
        }
    }

    #[test]
    fn what_is_kept_has_a_form_and_needs_the_unlock_secret() {
        let (codes, kept, seal) = made();
        assert_eq!(Codes::from_bytes(kept.bytes().to_vec()), Some(kept.clone()));
        assert!(Codes::from_bytes(vec![0; 33]).is_none());
        assert!(Codes::from_bytes(vec![0; 9 * 32]).is_none());
        assert!(kept.spend(&codes[0], ANNA, &Seal::new(&[4; 32]).unwrap()).is_none());
        assert!(kept.spend(&codes[0], ANNA, &seal).is_some());
    }
}
