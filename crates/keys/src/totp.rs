//! One-time codes of a person's phone: TOTP (RFC 6238) with what every such program knows: SHA-1, 30 s, 6 digits.
//!
//! Why SHA-1: programs that read the address below pass over `algorithm` and count with it; its known weakness, that two
//! texts with one digest can be made, is of no use against an HMAC.
//! Invariant: [`Seed::check`] answers the step, and takes none up to `after`: who keeps it lets no code open twice.

use crate::signer::KeyError;
use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE32_NOPAD;
use std::fmt::Write;
use tegata_domain::chance::{self, Chance};
use tegata_domain::time::Timestamp;
use zeroize::Zeroizing;

/// Seconds that a code stands for (RFC 6238 §4.1, X).
pub const STEP: i64 = 30;

/// Digits of a code (RFC 4226 §5.3).
pub const DIGITS: usize = 6;

/// Steps that the phone's clock may be before or behind ours (RFC 6238 §5.2).
const APART: i64 = 1;

/// What phone and server both know: 160 bits, as RFC 4226 §4 recommends.
pub struct Seed(Zeroizing<[u8; 20]>);

impl Seed {
    /// A new one.
    pub fn new(chance: &dyn Chance) -> Self {
        Seed(Zeroizing::new(chance::bytes(chance)))
    }

    /// As it was kept.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = <[u8; 20]>::try_from(bytes).map_err(|_| KeyError("a seed has 20 bytes"))?;
        Ok(Seed(Zeroizing::new(bytes)))
    }

    /// To be sealed and kept.
    pub fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Base32 without padding, for who types it: 32 letters.
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// The address that a phone reads from a QR code (Key Uri Format of Google Authenticator). What is the default there
    /// is said all the same.
    pub fn address(&self, service: &str, login: &str) -> Zeroizing<String> {
        let (service, login) = (escaped(service), escaped(login));
        let secret = self.base32();
        Zeroizing::new(format!(
            "otpauth://totp/{service}:{login}?secret={}&issuer={service}&algorithm=SHA1&digits={DIGITS}&period={STEP}",
            &*secret
        ))
    }

    /// The step whose code this is, if it is one of the present, the one before or the one after, and later than
    /// `after`, the last one that opened something (0: none did).
    ///
    /// All are computed and compared whatever is found, so that the time tells nothing.
    pub fn check(&self, code: &str, now: Timestamp, after: i64) -> Option<i64> {
        let code = digits(code)?;
        let present = step(now);
        let mut found = None;
        for step in present - APART..=present + APART {
            let same = constant_time::verify_slices_are_equal(&self.code(step), &code).is_ok();
            if same && step > after {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step (RFC 4226 §5.3).
    pub fn code(&self, step: i64) -> [u8; DIGITS] {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &*self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 0xf);
        let four = [tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]];
        let mut value = u32::from_be_bytes(four) % 10u32.pow(DIGITS as u32);
        let mut code = [0; DIGITS];
        for digit in code.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
        code
    }
}

/// The step that a moment lies in.
pub fn step(now: Timestamp) -> i64 {
    now.seconds() / STEP
}

/// Six digits as a person types them: phones show them in two groups, and a Japanese keyboard may write them wide.
fn digits(typed: &str) -> Option<[u8; DIGITS]> {
    let mut code = [0; DIGITS];
    let mut count = 0;
    for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let digit = match letter {
            '0'..='9' => letter as u32 - '0' as u32,
            '０'..='９' => letter as u32 - '０' as u32,
            _ => return None,
        };
        *code.get_mut(count)? = b'0' + digit as u8;
        count += 1;
    }
    (count == DIGITS).then_some(code)
}

/// Percent-encoded (RFC 3986 §2.1), all but the unreserved letters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn seed() -> Seed {
        Seed::from_bytes(b"12345678901234567890").unwrap()
    }

    /// The last six of the eight digits of RFC 6238 Appendix B.
    #[test]
    fn codes_of_the_standard() {
        let cases = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in cases {
            assert_eq!(seed().check(code, at(seconds), 0), Some(seconds / 30), "{code}");
        }
    }

    /// RFC 4226 Appendix D.
    #[test]
    fn codes_of_its_counter() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(seed().code(step), code.as_bytes());
        }
    }

    #[test]
    fn the_clock_may_be_one_step_apart_and_no_more() {
        let code = String::from_utf8(seed().code(100).to_vec()).unwrap();
        for (now, expect) in [(98, None), (99, Some(100)), (100, Some(100)), (101, Some(100)), (102, None)] {
            assert_eq!(seed().check(&code, at(now * 30 + 29), 0), expect, "{now}");
        }
    }

    #[test]
    fn no_code_opens_twice_nor_does_an_older_one() {
        let code = |step| String::from_utf8(seed().code(step).to_vec()).unwrap();
        let now = at(100 * 30);
        assert_eq!(seed().check(&code(100), now, 99), Some(100));
        assert_eq!(seed().check(&code(100), now, 100), None);
        assert_eq!(seed().check(&code(99), now, 100), None);
        assert_eq!(seed().check(&code(101), now, 100), Some(101));
    }

    #[test]
    fn codes_as_people_type_them() {
        for typed in ["287082", " 287 082 ", "287-082", "２８７０８２", "287\u{3000}082"] {
            assert_eq!(seed().check(typed, at(59), 0), Some(1), "{typed}");
        }
        for typed in ["", "28708", "2870822", "28708a", "287.082", "+87082", "٢٨٧٠٨٢"] {
            assert_eq!(seed().check(typed, at(59), 0), None, "{typed}");
        }
    }

    #[test]
    fn the_address_names_service_and_person() {
        let address = seed().address("Tegata example.jp", "花子@a&b");
        assert_eq!(
            &**address,
            "otpauth://totp/Tegata%20example.jp:%E8%8A%B1%E5%AD%90%40a%26b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Tegata%20example.jp&algorithm=SHA1&digits=6&period=30"
        );
        assert!(Seed::from_bytes(&[1; 19]).is_err());
    }
}
