//! Recovery codes of a person: what opens her account when the phone with her one-time codes is lost.
//!
//! Why a MAC and no slow hash: 50 bits could be tried out against a plain digest that leaked, so what is kept is a MAC
//! under the unlock secret, bound to the account; a try against the server is counted as one of a password is.
//! Invariant: a code opens once; [`spend`] answers what is left, and the caller keeps that in the same commit.

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

/// What is kept of new codes: a MAC each.
pub fn keep<C: AsRef<str>>(codes: &[C], account: Uuid, seal: &Seal) -> Vec<[u8; KEPT]> {
    codes.iter().filter_map(|code| mac(code.as_ref(), account, seal)).collect()
}

/// What is left of the kept ones when this code was used; `None` when it is none of them.
pub fn spend(kept: &[[u8; KEPT]], typed: &str, account: Uuid, seal: &Seal) -> Option<Vec<[u8; KEPT]>> {
    let mac = mac(typed, account, seal)?;
    // all are compared, so that the time tells nothing
    let other = |one: &&[u8; KEPT]| constant_time::verify_slices_are_equal(&one[..], &mac).is_err();
    let left: Vec<[u8; KEPT]> = kept.iter().filter(other).copied().collect();
    (left.len() < kept.len()).then_some(left)
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

    fn made() -> (Vec<Zeroizing<String>>, Vec<[u8; KEPT]>, Seal) {
        let seal = Seal::new(&[3; 32]).unwrap();
        let codes = make(&Counting(AtomicU8::new(5)));
        let kept = keep(&codes, ANNA, &seal);
        (codes, kept, seal)
    }

    #[test]
    fn each_code_opens_once_for_its_account() {
        let (codes, mut kept, seal) = made();
        assert_eq!(codes.iter().map(|code| code.to_string()).collect::<BTreeSet<_>>().len(), COUNT);
        for (used, code) in codes.iter().enumerate() {
            assert_eq!(kept.len(), COUNT - used);
            assert_eq!(spend(&kept, code, Uuid::from_u128(2), &seal), None, "another's");
            kept = spend(&kept, code, ANNA, &seal).unwrap();
            assert_eq!(spend(&kept, code, ANNA, &seal), None, "a second time");
        }
        assert!(kept.is_empty());
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
            assert!(spend(&kept, &typed, ANNA, &seal).is_some(), "{typed}");
        }
        for typed in ["", "-", &letters[1..], &format!("{letters}0"), "ｕｕｕｕｕｕｕｕｕｕ", "uuuuu-uuuuu"] {
            assert!(spend(&kept, typed, ANNA, &seal).is_none(), "{typed}");
        }
    }

    #[test]
    fn what_is_kept_needs_the_unlock_secret() {
        let (codes, kept, seal) = made();
        assert!(spend(&kept, &codes[0], ANNA, &Seal::new(&[4; 32]).unwrap()).is_none());
        assert!(spend(&kept, &codes[0], ANNA, &seal).is_some());
    }
}
