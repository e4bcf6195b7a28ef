//! A device's statement that it erased its secrets: Tegata's own format, version 1.
//!
//! ```text
//! tegata-erasure/v1
//! number 7K3M-Q9TX-2HVD-R5WE
//! keys_destroyed ldevid,data
//! at 2031-04-01T09:30:00Z
//! nonce 3q2-7wAAAAAAAAAAAAAAAA
//! ```
//!
//! Five lines, each ended by one LF, signed as they stand with the key of the IDevID. It names what was destroyed in
//! words of the device's maker; `at` is the device's own clock, and the nonce makes two statements differ.

use std::fmt;

/// The first line.
const HEAD: &str = "tegata-erasure/v1";
/// The longest statement, in bytes.
pub const MAX: usize = 1024;
/// The most keys that one statement names.
pub const KEYS_MAX: usize = 16;

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The management number, in groups of four.
    pub number: String,
    /// What was destroyed: 1 to [`KEYS_MAX`] words of a–z, 0–9 and `_`, each at most 32 long.
    pub keys_destroyed: Vec<String>,
    /// When, by the device's clock: RFC 3339.
    pub at: String,
    /// 1 to 64 characters of base64url.
    pub nonce: String,
}

/// Why a text is no statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no tegata-erasure/v1 statement: {0}")]
pub struct Malformed(pub &'static str);

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statement { number, at, nonce, .. } = self;
        let keys = self.keys_destroyed.join(",");
        write!(f, "{HEAD}\nnumber {number}\nkeys_destroyed {keys}\nat {at}\nnonce {nonce}\n")
    }
}

fn all(text: &str, max: usize, fits: impl Fn(u8) -> bool) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(fits)
}

impl Statement {
    /// Reads one; every byte counts, since all of them are signed.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX {
            return Err(Malformed("it has at most 1024 bytes"));
        }
        let mut lines = text.split('\n');
        if lines.next() != Some(HEAD) {
            return Err(Malformed("the first line"));
        }
        let mut field = |name: &'static str| {
            let line = lines.next().and_then(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.strip_prefix(' ')).ok_or(Malformed(name))
        };
        let (number, keys) = (field("number")?, field("keys_destroyed")?);
        let (at, nonce) = (field("at")?, field("nonce")?);
        if (lines.next(), lines.next()) != (Some(""), None) {
            return Err(Malformed("the end: one line feed after the nonce"));
        }
        if !all(number, 19, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-') {
            return Err(Malformed("number"));
        }
        let keys_destroyed: Vec<String> = keys.split(',').map(str::to_owned).collect();
        let word = |key: &String| all(key, 32, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if keys_destroyed.len() > KEYS_MAX || !keys_destroyed.iter().all(word) {
            return Err(Malformed("keys_destroyed"));
        }
        if !all(at, 35, |b| b.is_ascii_digit() || b"TZ:+-.".contains(&b)) {
            return Err(Malformed("at"));
        }
        if !all(nonce, 64, |b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
            return Err(Malformed("nonce"));
        }
        Ok(Statement { number: number.into(), keys_destroyed, at: at.into(), nonce: nonce.into() })
    }
}

#[cfg(test)]
#[path = "erasure_tests.rs"]
mod tests;
