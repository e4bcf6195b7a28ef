//! From a poll to its answer, without the store.

use super::memory::Proof;
use super::{Answer, Asked};
use crate::cx::Inner;
use tegata_store::version::Thing;

/// The answer that is kept, if it still holds. The device was heard from then.
///
/// `None` says nothing: the store is to be asked, which also refuses what is to be refused.
pub fn known(asked: &Asked<'_>, cx: &Inner) -> Option<Answer> {
    if !cx.polls.keeps() {
        return None;
    }
    let now = cx.now().ok()?;
    let (device, answer) = cx.polls.get(asked, |found| {
        let credential = match found.proof {
            Proof::Token(_) => true,
            Proof::Certificate(_, (row, version), until) => {
                now < until && cx.store.version(Thing::Certificate(row)) == Some(version)
            }
        };
        credential && cx.store.version(Thing::Device(found.device)) == Some(found.version)
    })?;
    cx.seen.note(device, now);
    Some(answer)
}
