//! The device's own head in the platform's ledger: the highest that it has seen, and what it refuses.
//!
//! Why: each answer carries the number of events in the device's life and their commitment, signed by the log. A platform
//! that shows a smaller life, or another one of the same length, has lost or forged something: the device says so and
//! takes nothing else from that answer.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::link::LinkError;
use crate::status;
use serde::{Deserialize, Serialize};
use tegata_wire::device_head::DeviceHead;
use tegata_wire::heartbeat::Head;
use tegata_wire::signed_note::{NoteError, Opened, Verifier, open};

const FILE: &str = "head.json";

/// A head, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    sequence: u32,
    commitment: [u8; 32],
    /// The signed note, to show to others.
    note: String,
}

fn kept(cx: &Cx) -> Option<Kept> {
    match cx.folder.json(FILE) {
        Ok(kept) => kept,
        Err(why) => {
            cx.say(format!("the kept head is lost: {why}"));
            None
        }
    }
}

/// The highest head that was seen. An unreadable file is told and counts as none: the platform is asked again.
pub fn read(cx: &Cx) -> Option<Head> {
    kept(cx).map(|Kept { sequence, commitment, .. }| Head { sequence, commitment })
}

/// Checks a signed head that came with `nonce`: who signed, for which device, for which request. A log that this device
/// does not know tells another life, as a smaller head does.
pub fn check(note: &str, number: &str, nonce: &str, keys: &[Verifier]) -> Result<Head> {
    let opened = open(note, keys).map_err(|why| match why {
        NoteError::Unknown => Error::Fork(format!(
            "the platform's ledger is another than before: {why}; once its operator has announced a new ledger, say \
             enrol --forget-log"
        )),
        _ => LinkError::answer(format!("the signed head: {why}")).into(),
    })?;
    Ok(judge(opened, number, nonce)?)
}

fn judge(opened: Opened<'_, '_>, number: &str, nonce: &str) -> Result<Head, LinkError> {
    let said = DeviceHead::parse(opened.text).map_err(LinkError::answer)?;
    if !opened.signed_by.iter().any(|key| key.name() == said.origin) {
        return Err(LinkError::answer("the signed head is not signed by its own log"));
    }
    if said.number != number {
        return Err(LinkError::answer("the signed head is another device's"));
    }
    if said.nonce.as_deref() != Some(nonce) {
        return Err(LinkError::answer("the signed head is not for this request"));
    }
    Ok(said.head)
}

/// Takes a checked head over the one that was kept, or refuses it.
pub fn advance(cx: &Cx, new: Head, note: &str) -> Result<()> {
    if let Some(kept) = kept(cx) {
        if new.sequence < kept.sequence {
            let (less, more) = (new.sequence, kept.sequence);
            let text =
                format!("the platform shows event {less} as the last of this device's life after it showed {more}");
            return Err(Error::Fork(text));
        }
        if new.sequence == kept.sequence && new.commitment != kept.commitment {
            let text = format!("the platform shows another event {} of this device's life than before", new.sequence);
            return Err(Error::Fork(text));
        }
        if new.sequence == kept.sequence {
            return Ok(());
        }
    }
    let Head { sequence, commitment } = new;
    Ok(cx.folder.save_json(FILE, &Kept { sequence, commitment, note: note.to_owned() })?)
}

/// Forgets the head and the log's keys, and what was told of a fork. A person's decision: after the platform was restored
/// with a new ledger.
pub fn forget(cx: &Cx) -> Result<()> {
    cx.folder.remove(crate::enrol::LOG_KEYS)?;
    cx.folder.remove(FILE)?;
    status::change(cx, |status| status.fork = None)
}
