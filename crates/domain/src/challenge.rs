//! A device is asked to sign now: anybody may ask, the device answers with its next sign of life.
//!
//! Why here: how long a question waits, what an answer proves, and in which words it may be told are rules. An answer
//! proves that *the* device lives and holds its key; that it is *this* thing, only a look at the same network hints.
//! Invariant: one question a device at a time; of who asked, nothing stands here.

use crate::id::DeviceRow;
use crate::time::Timestamp;
use std::time::Duration;

/// Bytes of a nonce.
pub const NONCE: usize = 16;
/// A device is asked once in this time.
pub const PACE: Duration = Duration::from_secs(60);
/// How long an answer, or that there was none, is shown.
pub const SHOWN: Duration = Duration::from_secs(600);
/// What a device may take beyond the time between two of its signs of life.
const GRACE: Duration = Duration::from_secs(60);

/// How long a question waits for its answer, where signs of life come `every` so often.
pub fn patience(every: Duration) -> Duration {
    SHOWN.max(every + GRACE)
}

/// A question to a device, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The device.
    pub device: DeviceRow,
    /// What it is to sign.
    pub nonce: [u8; NONCE],
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Its answer.
    pub answer: Option<Answered>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// When it came.
    pub at: Timestamp,
    /// Whether it came from the network that the question came from; `None` where that is not known.
    pub near: Option<bool>,
    /// What the device stated (wire: challenge).
    pub statement: String,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// What is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Nobody asked lately.
    NotAsked,
    /// It was asked, and has time.
    Asked(Timestamp),
    /// It signed: when, and whether from the network of who asked.
    Signed(Timestamp, Option<bool>),
    /// It was asked and did not answer in time.
    CannotConfirm(Timestamp),
}

impl Challenge {
    /// Whether the device may still answer at `now`.
    pub fn waits(&self, now: Timestamp, every: Duration) -> bool {
        self.answer.is_none() && now.since(self.asked_at) < patience(every)
    }

    /// Whether it may be asked anew at `now`: not while it was asked just now.
    pub fn may_ask_again(&self, now: Timestamp) -> bool {
        now.since(self.asked_at) >= PACE
    }
}

impl Signed {
    /// What is told at `now`, where signs of life come `every` so often.
    pub fn of(challenge: Option<&Challenge>, now: Timestamp, every: Duration) -> Self {
        let Some(challenge) = challenge else { return Signed::NotAsked };
        let patience = patience(every);
        match &challenge.answer {
            Some(answer) if now.since(answer.at) < SHOWN => Signed::Signed(answer.at, answer.near),
            Some(_) => Signed::NotAsked,
            None if now.since(challenge.asked_at) < patience => Signed::Asked(challenge.asked_at),
            None if now.since(challenge.asked_at) < patience + SHOWN => Signed::CannotConfirm(challenge.asked_at),
            None => Signed::NotAsked,
        }
    }

    /// Its word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Signed::NotAsked => "not_asked",
            Signed::Asked(_) => "asked",
            Signed::Signed(..) => "signed",
            Signed::CannotConfirm(_) => "cannot_confirm",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(300);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::parse("2027-11-18T00:00:00Z").unwrap().plus(Duration::from_secs(seconds))
    }

    fn asked() -> Challenge {
        Challenge { device: DeviceRow(1), nonce: [7; NONCE], asked_at: at(0), answer: None }
    }

    fn answered(seconds: u64) -> Challenge {
        let (statement, signature) = (String::new(), Vec::new());
        Challenge { answer: Some(Answered { at: at(seconds), near: Some(true), statement, signature }), ..asked() }
    }

    #[test]
    fn a_question_and_its_time() {
        let of = |challenge: &Challenge, now| Signed::of(Some(challenge), at(now), EVERY);
        assert_eq!(Signed::of(None, at(0), EVERY), Signed::NotAsked);
        assert_eq!(of(&asked(), 0), Signed::Asked(at(0)));
        assert_eq!(of(&asked(), 599), Signed::Asked(at(0)));
        assert_eq!(of(&asked(), 600), Signed::CannotConfirm(at(0)));
        assert_eq!(of(&asked(), 1200), Signed::NotAsked);
        assert_eq!(of(&answered(60), 60), Signed::Signed(at(60), Some(true)));
        assert_eq!(of(&answered(60), 659), Signed::Signed(at(60), Some(true)));
        assert_eq!(of(&answered(60), 660), Signed::NotAsked);
    }

    #[test]
    fn it_waits_for_the_slowest_device() {
        let hour = Duration::from_secs(3600);
        assert!(asked().waits(at(3659), hour) && !asked().waits(at(3660), hour));
        assert!(asked().waits(at(599), EVERY) && !asked().waits(at(600), EVERY));
        assert!(!answered(1).waits(at(2), EVERY), "once");
        assert!(!asked().may_ask_again(at(59)) && asked().may_ask_again(at(60)) && answered(1).may_ask_again(at(60)));
    }
}
