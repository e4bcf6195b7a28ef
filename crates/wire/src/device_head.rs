//! The signed head of one device: how far its life has come, signed by the devices log (C2SP signed-note).
//!
//! A device that keeps the last one notices a life that was cut off or told in two ways: whoever serves a smaller
//! sequence number, or the same with another commitment, has signed both.
//!
//! ```text
//! id.example.jp/ledger/devices/head          origin of the devices log, then /head
//! 7K2M-9XQD-4T0B-WZ3N                        management number
//! 13                                         sequence number of the last event
//! 9f2c…                                      its commitment, hex
//! 2027-01-18T00:00:00.000Z                   when it was signed
//! mBzr5Zq0pQYQk8w2x1d3aA                     the asker's nonce, or -
//! ```

use crate::heartbeat::{Head, is_nonce};
use crate::signed_note::MAX_NAME;
use crate::tlog::{Malformed, decimal};
use data_encoding::HEXLOWER;

/// What the origin of the devices log is followed by.
const SUFFIX: &str = "/head";
/// The longest number and time.
const MAX_LINE: usize = 64;

/// The text of a signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceHead {
    /// Origin of the devices log.
    pub origin: String,
    /// Management number of the device.
    pub number: String,
    /// The head.
    pub head: Head,
    /// When it was signed, RFC 3339.
    pub at: String,
    /// What the asker wanted to see in it.
    pub nonce: Option<String>,
}

fn line(text: &str, most: usize, what: &'static str) -> Result<(), Malformed> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b > b' ' && b != 0x7f);
    if fits { Ok(()) } else { Err(Malformed(what)) }
}

impl DeviceHead {
    fn check(&self) -> Result<(), Malformed> {
        line(&self.origin, MAX_NAME, "origin of the device head")?;
        line(&self.number, MAX_LINE, "number of the device head")?;
        line(&self.at, MAX_LINE, "time of the device head")?;
        if self.nonce.as_deref().is_some_and(|nonce| !is_nonce(nonce)) {
            return Err(Malformed("nonce of the device head"));
        }
        Ok(())
    }

    /// The text to sign: six lines, each with its newline.
    pub fn text(&self) -> Result<String, Malformed> {
        self.check()?;
        let nonce = self.nonce.as_deref().unwrap_or("-");
        let (sequence, commitment) = (self.head.sequence, HEXLOWER.encode(&self.head.commitment));
        let begin = format!("{}{SUFFIX}\n{}\n{sequence}\n{commitment}\n", self.origin, self.number);
        Ok(begin + &format!("{}\n{nonce}\n", self.at))
    }

    /// Reads the text of a note that was opened.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let body = text.strip_suffix('\n').ok_or(Malformed("last line of the device head"))?;
        let lines: Vec<&str> = body.split('\n').take(7).collect();
        let [origin, number, sequence, commitment, at, nonce] = lines[..] else {
            return Err(Malformed("lines of the device head"));
        };
        let sequence = decimal(sequence).and_then(|n| u32::try_from(n).ok());
        let commitment = HEXLOWER.decode(commitment.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let parsed = DeviceHead {
            origin: origin.strip_suffix(SUFFIX).ok_or(Malformed("origin of the device head"))?.to_owned(),
            number: number.to_owned(),
            head: Head {
                sequence: sequence.ok_or(Malformed("sequence of the device head"))?,
                commitment: commitment.ok_or(Malformed("commitment of the device head"))?,
            },
            at: at.to_owned(),
            nonce: (nonce != "-").then(|| nonce.to_owned()),
        };
        parsed.check()?;
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_back(
            sequence in any::<u32>(), commitment in any::<[u8; 32]>(), nonce in prop::option::of("[A-Za-z0-9_-]{22}"),
        ) {
            let head = DeviceHead {
                origin: "id.test/ledger/devices".into(),
                number: "7K2M-9XQD-4T0B-WZ3N".into(),
                head: Head { sequence, commitment },
                at: "2027-01-18T00:00:00.000Z".into(),
                nonce,
            };
            let text = head.text().unwrap();
            prop_assert_eq!(text.lines().count(), 6);
            prop_assert_eq!(DeviceHead::parse(&text), Ok(head));
        }

        #[test]
        fn anything_is_refused_without_a_panic(text in ".{0,20}(\n.{0,20}){0,8}\n?") {
            let _refused = DeviceHead::parse(&text);
        }
    }

    #[test]
    fn refuses_what_would_read_otherwise() {
        let head = DeviceHead {
            origin: "id.test/ledger/devices".into(),
            number: "N".into(),
            head: Head { sequence: 1, commitment: [0; 32] },
            at: "T".into(),
            nonce: None,
        };
        assert!(DeviceHead { number: "N\n2".into(), ..head.clone() }.text().is_err());
        assert!(DeviceHead { nonce: Some("-".into()), ..head.clone() }.text().is_err());
        assert!(DeviceHead { origin: String::new(), ..head.clone() }.text().is_err());
        let text = head.text().unwrap();
        for wrong in [text.replace("/head", ""), text.replace("\n1\n", "\n01\n"), text.clone() + "x\n", text + "\n"] {
            assert!(DeviceHead::parse(&wrong).is_err(), "{wrong}");
        }
    }
}
