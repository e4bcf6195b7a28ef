//! From a poll to its answer, without the store.

use super::memory::{Got, Proof};
use super::{Answer, Asked};
use crate::cx::Inner;
use tegata_store::version::Thing;

/// What is known without the store.
#[derive(Debug)]
pub enum Known {
    /// The answer, which still holds.
    Answer(Answer),
    /// The device asks too often.
    TooOften,
}

/// The answer that is kept, if it still holds. The device was heard from then.
///
/// `None` says nothing: the store is to be asked, which also refuses what is to be refused.
pub fn known(asked: &Asked<'_>, cx: &Inner) -> Option<Known> {
    if !cx.polls.keeps() {
        return None;
    }
    // one reading of the clock for most; while it is not trusted, polls are answered and nobody is noted as heard
    let trusted = cx.clock.now().ok();
    let now = trusted.or_else(|| cx.reading().ok())?;
    let got = cx.polls.get(asked, now, |found| {
        let credential = match found.proof {
            Proof::Token(_) => true,
            Proof::Certificate(_, (row, version), until) => {
                now < until && cx.store.version(Thing::Certificate(row)) == Some(version)
            }
        };
        credential && cx.store.version(Thing::Device(found.device)) == Some(found.version)
    });
    match got {
        Got::Nothing => None,
        Got::TooOften => Some(Known::TooOften),
        Got::Answer(device, answer) => {
            trusted.into_iter().for_each(|now| cx.seen.note(device, now));
            Some(Known::Answer(answer))
        }
    }
}
