//! A device's answer to a question that anybody may ask on its page: Tegata's own format, version 1.
//!
//! ```text
//! tegata.dev/answer/v1
//! number 7K3M-Q9TX-2HVD-R5WE
//! nonce 3q2-7wAAAAAAAAAAAAAAAA
//! ```
//!
//! Three lines, each ended by one LF, signed as they stand with the key of the IDevID. The first line keeps the signature
//! from meaning anything else, the nonce makes it one of now. It is posted as
//! `{"statement":TEXT,"signature":BASE64}` to `/agent/v1/answer`.

use crate::heartbeat::is_nonce;
use std::fmt;

/// The first line.
const HEAD: &str = "tegata.dev/answer/v1";
/// The longest statement, in bytes.
pub const MAX: usize = 128;

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The management number, in groups of four.
    pub number: String,
    /// What the device was sent: 22 characters of base64url.
    pub nonce: String,
}

/// Why a text is no statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no tegata.dev/answer/v1 statement: {0}")]
pub struct Malformed(pub &'static str);

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEAD}\nnumber {}\nnonce {}\n", self.number, self.nonce)
    }
}

impl Statement {
    /// Reads one; every byte counts, since all of them are signed.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX {
            return Err(Malformed("it has at most 128 bytes"));
        }
        let mut lines = text.split('\n');
        if lines.next() != Some(HEAD) {
            return Err(Malformed("the first line"));
        }
        let mut field = |name: &'static str| {
            let line = lines.next().and_then(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.strip_prefix(' ')).ok_or(Malformed(name))
        };
        let (number, nonce) = (field("number")?, field("nonce")?);
        if (lines.next(), lines.next()) != (Some(""), None) {
            return Err(Malformed("the end: one line feed after the nonce"));
        }
        let letter = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=19).contains(&number.len()) || !number.bytes().all(letter) {
            return Err(Malformed("number"));
        }
        if !is_nonce(nonce) {
            return Err(Malformed("nonce"));
        }
        Ok(Statement { number: number.into(), nonce: nonce.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "tegata.dev/answer/v1\nnumber 7K3M-Q9TX-2HVD-R5WE\nnonce 3q2-7wAAAAAAAAAAAAAAAA\n";

    #[test]
    fn there_and_back() {
        let statement = Statement::parse(TEXT).unwrap();
        assert_eq!((&*statement.number, &*statement.nonce), ("7K3M-Q9TX-2HVD-R5WE", "3q2-7wAAAAAAAAAAAAAAAA"));
        assert_eq!(statement.to_string(), TEXT);
        assert!(TEXT.len() < MAX);
    }

    #[test]
    fn what_is_none_is_refused() {
        for (from, to) in [
            ("tegata.dev/answer/v1", "tegata.dev/answer/v2"),
            ("tegata.dev/answer/v1", "tegata-erasure/v1"),
            ("number ", "number  "),
            ("7K3M", "7k3m"),
            ("nonce 3q2", "nonce "),
            ("AAAA\n", "AAAA"),
            ("AAAA\n", "AAAA\n\n"),
            ("\n", "\r\n"),
        ] {
            assert!(Statement::parse(&TEXT.replacen(from, to, 1)).is_err(), "{from} {to}");
        }
        assert!(Statement::parse(&format!("{TEXT}{}", "x".repeat(MAX))).is_err());
    }

    proptest! {
        #[test]
        fn one_text_a_statement(text in "(tegata.dev/answer/v1\n)?(number [0-9A-Z-]{0,20}\n)?(nonce [0-9A-Za-z_-]{20,23}\n)?\n?") {
            if let Ok(statement) = Statement::parse(&text) {
                prop_assert_eq!(statement.to_string(), text);
            }
        }
    }
}
