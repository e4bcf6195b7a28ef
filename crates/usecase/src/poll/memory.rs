//! Answers to polls that are kept: for which credential and address, what they rest on, and when the device may ask again.

use super::{Answer, Asked};
use crate::memory::{self, Counts, Taken};
use crate::pace::{Due, Rate};
use crate::peer::Shown;
use bytes::Bytes;
use tegata_domain::id::{CertificateRow, DeviceRow};
use tegata_domain::number::Number;
use tegata_domain::time::Timestamp;
use tegata_keys::secret;

/// The longest host that is kept.
const AUTHORITY_MAX: usize = 255;

/// What was accepted as proof, and what must hold for it to be accepted again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof {
    /// SHA-256 of a device's token.
    Token([u8; 32]),
    /// SHA-256 of a certificate; the certificate, its version, and its end.
    Certificate([u8; 32], (CertificateRow, u32), Timestamp),
}

impl Proof {
    /// Whether `shown` is what was accepted, in a time that tells nothing of where they differ.
    fn is(&self, shown: &Shown) -> bool {
        match (self, shown) {
            (Proof::Token(kept), Shown::Token(shown)) => secret::same(kept, shown),
            (Proof::Certificate(kept, ..), Shown::Certificate(shown)) => secret::same(kept, shown),
            (Proof::Token(_), Shown::Certificate(_)) | (Proof::Certificate(..), Shown::Token(_)) => false,
        }
    }
}

/// One answer, with what it rests on.
pub(super) struct Kept {
    device: DeviceRow,
    version: u32,
    proof: Proof,
    /// Tag, tenant, host, body, one after the other.
    text: Bytes,
    /// Where the first three end.
    ends: [u16; 3],
    /// When the device may ask again.
    due: Due,
}

/// What was found: an answer, and what must hold for it.
pub(super) struct Found {
    pub(super) device: DeviceRow,
    pub(super) version: u32,
    pub(super) proof: Proof,
    pub(super) answer: Answer,
}

impl Kept {
    /// `None` where the parts are longer than anything that is kept.
    pub(super) fn new(device: (DeviceRow, u32), proof: Proof, asked: &Asked<'_>, answer: &Answer) -> Option<Self> {
        if asked.authority.len() > AUTHORITY_MAX || asked.tenant.len() > AUTHORITY_MAX {
            return None;
        }
        let parts = [&answer.tag[..], asked.tenant.as_bytes(), asked.authority.as_bytes(), &answer.body[..]];
        let mut ends = [0u16; 3];
        let mut end = 0;
        for (at, part) in ends.iter_mut().zip(parts) {
            end += part.len();
            *at = u16::try_from(end).ok()?;
        }
        let (device, version) = device;
        Some(Kept { device, version, proof, text: parts.concat().into(), ends, due: Due::default() })
    }

    /// Whether it answers `asked`.
    fn fits(&self, asked: &Asked<'_>) -> bool {
        let [tag, tenant, authority] = self.ends.map(usize::from);
        self.proof.is(&asked.shown)
            && self.text[tag..tenant] == *asked.tenant.as_bytes()
            && self.text[tenant..authority] == *asked.authority.as_bytes()
    }

    fn found(&self) -> Found {
        let [tag, _, authority] = self.ends.map(usize::from);
        let answer = Answer { tag: self.text.slice(..tag), body: self.text.slice(authority..) };
        Found { device: self.device, version: self.version, proof: self.proof, answer }
    }
}

/// Answers to polls, in memory.
pub struct Memory {
    kept: memory::Memory<Kept>,
    /// How often one device may ask.
    rate: Rate,
}

/// What the memory has for a poll.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// Nothing that holds.
    Nothing,
    /// An answer, and whose it is.
    Answer(DeviceRow, Answer),
    /// One, but this device asks too often.
    TooOften,
}

impl Memory {
    /// For at most so many devices, rounded up to fill all parts.
    pub fn of(entries: usize, rate: Rate) -> Self {
        Memory { kept: memory::Memory::of(entries), rate }
    }

    /// Whether anything is kept at all.
    pub(super) fn keeps(&self) -> bool {
        self.kept.keeps()
    }

    /// What is kept for this number, this credential and this address, if `holds` what it rests on; and whose it is.
    pub(super) fn get(&self, asked: &Asked<'_>, now: Timestamp, holds: impl FnOnce(&Found) -> bool) -> Got {
        let got = self.kept.get(asked.number, |kept| {
            let found = kept.fits(asked).then(|| kept.found()).filter(holds);
            match found {
                None => Taken::Nothing,
                Some(_) if !self.rate.admits(&mut kept.due, now) => Taken::Aside(Got::TooOften),
                Some(found) => Taken::Answer(Got::Answer(found.device, found.answer)),
            }
        });
        got.unwrap_or(Got::Nothing)
    }

    /// An answer that is kept anew begins no new second.
    pub(super) fn put(&self, number: Number, kept: Kept) {
        self.kept.put(number, |before| Kept { due: before.map_or(kept.due, |before| before.due), ..kept });
    }

    /// What it did.
    pub fn counts(&self) -> Counts {
        self.kept.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::SHARDS;

    const NOW: Timestamp = Timestamp::NEVER;

    fn asked(number: u64, byte: u8) -> Asked<'static> {
        // every number of its own, all in one part: its last letters stay
        let number = Number::parse(&format!("{number:012}0000")).expect("16 digits");
        Asked { number, tenant: "T", authority: "here", shown: Shown::Token([byte; 32]) }
    }

    fn answer() -> Answer {
        Answer { tag: "\"t\"".into(), body: "body".into() }
    }

    fn put(memory: &Memory, number: u64) {
        let kept = Kept::new((DeviceRow(7), 5), Proof::Token([1; 32]), &asked(number, 1), &answer());
        memory.put(asked(number, 1).number, kept.expect("short"));
    }

    #[test]
    fn only_what_was_asked_for() {
        let memory = Memory::of(64, Rate::per_second(0));
        put(&memory, 7);
        let get = |asked: &Asked<'_>, holds| match memory.get(asked, NOW, |found| holds && found.version == 5) {
            Got::Answer(device, answer) => Some((device, answer)),
            Got::Nothing => None,
            Got::TooOften => panic!("there is no limit"),
        };
        assert_eq!(get(&asked(7, 1), true), Some((DeviceRow(7), answer())));
        assert_eq!(get(&asked(7, 1), false), None, "what it rests on moved");
        assert_eq!(get(&asked(7, 2), true), None, "another token");
        assert_eq!(get(&Asked { tenant: "U", ..asked(7, 1) }, true), None, "another address");
        assert_eq!(get(&Asked { authority: "there", ..asked(7, 1) }, true), None);
        assert_eq!(get(&Asked { shown: Shown::Certificate([1; 32]), ..asked(7, 1) }, true), None);
        assert_eq!(get(&asked(8, 1), true), None, "another device of the same part");
        assert_eq!(memory.counts(), Counts { hits: 1, misses: 6, evicted: 0, kept: 1, room: 64 });
    }

    #[test]
    fn it_never_grows_past_its_bound_and_keeps_who_asks() {
        let memory = Memory::of(3 * SHARDS, Rate::per_second(0));
        for number in 0..1000 {
            put(&memory, number);
            assert!(matches!(memory.get(&asked(0, 1), NOW, |_| true), Got::Answer(..)), "{number}");
        }
        assert_eq!((memory.counts().kept, memory.counts().evicted), (3, 997), "they share a part");
        let nothing = Memory::of(0, Rate::per_second(0));
        put(&nothing, 1);
        assert!(!nothing.keeps() && nothing.counts().kept == 0);
    }

    #[test]
    fn one_in_a_tight_loop_is_told_so_and_the_others_are_not() {
        let memory = Memory::of(3 * SHARDS, Rate::per_second(10));
        put(&memory, 1);
        put(&memory, 2);
        let answers =
            |number| (0..50).filter(|_| memory.get(&asked(number, 1), NOW, |_| true) != Got::TooOften).count();
        assert_eq!(answers(1), 10);
        put(&memory, 1);
        assert_eq!(answers(1), 0, "an answer that is kept anew begins no new second");
        assert_eq!(answers(2), 10);
    }
}
