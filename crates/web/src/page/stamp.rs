//! The six stamps of a pass: where a device was in its life, and how that is known.

use crate::sentence::{Moment, plain};
use crate::texts::Texts;
use tegata_domain::device::Stage;
use tegata_domain::lookup::{Lookup, Stamped};
use tegata_domain::number::Number;

/// A stamp as it is drawn.
pub(super) struct Stamp {
    /// `proved`, `unproved`, `presumed` or `waiting`: solid vermilion, solid ink, dashed, dotted.
    pub form: &'static str,
    /// The stage.
    pub stage: &'static str,
    /// When.
    pub at: Option<Moment>,
    /// What stands in the ring where there is no date.
    pub missing: &'static str,
    /// The hand that made it.
    pub by: String,
    /// A word below it.
    pub why: &'static str,
    /// Its proof.
    pub proof: Option<Proof>,
}

/// A proof to download.
pub(super) struct Proof {
    /// Address.
    pub link: String,
    /// Under which name it is kept.
    pub file: String,
    /// What the link says.
    pub words: String,
}

impl Proof {
    /// The proof of one life event.
    pub fn of(number: Number, sequence: u32, words: &str) -> Self {
        let words = plain(words, &[("sequence", &sequence.to_string())]);
        Proof { link: format!("/d/{number}/proof/{sequence}"), file: file_name(number, sequence), words }
    }
}

/// The name under which the proof of a life event is kept: `7K3M-1.tlog-proof`. It tells the first group of the number
/// only, since files travel.
pub(super) fn file_name(number: Number, sequence: u32) -> String {
    let number = number.to_string();
    format!("{}-{sequence}.tlog-proof", number.split('-').next().unwrap_or_default())
}

/// The stage in words.
pub(super) fn stage(t: &'static Texts, stage: Stage) -> &'static str {
    let t = &t.stage;
    match stage {
        Stage::Made => &t.made,
        Stage::Shipped => &t.shipped,
        Stage::Sold => &t.sold,
        Stage::Installed => &t.installed,
        Stage::InUse => &t.in_use,
        Stage::Retired => &t.retired,
    }
}

/// The six stamps of a device.
pub(super) fn stamps(t: &'static Texts, lookup: &Lookup) -> Vec<Stamp> {
    lookup.stamps.iter().map(|stamped| stamp(t, lookup, stamped)).collect()
}

fn stamp(t: &'static Texts, lookup: &Lookup, stamped: &Stamped) -> Stamp {
    let at = stamped.at.map(|at| t.date.stamp(at));
    let by = |sequence: u32| plain(&t.stamp.number, &[("sequence", &sequence.to_string())]);
    let drawn = Stamp {
        form: "waiting",
        stage: stage(t, stamped.stage),
        at,
        missing: "",
        by: String::new(),
        why: "",
        proof: None,
    };
    match (stamped.at, stamped.sequence) {
        (Some(_), Some(sequence)) if stamped.proved => {
            let proof = Some(Proof::of(lookup.number, sequence, &t.stamp.proof));
            Stamp { form: "proved", by: by(sequence), proof, ..drawn }
        }
        (Some(_), Some(sequence)) if stamped.erased => {
            Stamp { form: "unproved", by: by(sequence), why: &t.stamp.erased, ..drawn }
        }
        (Some(_), Some(sequence)) => Stamp { form: "unproved", by: by(sequence), why: &t.stamp.unproved, ..drawn },
        (Some(_), None) => {
            Stamp { form: "presumed", by: t.stamp.presumed.clone(), why: &t.stamp.presumed_why, ..drawn }
        }
        // A stage that life went past without anybody's word will not come any more.
        (None, _) if stamped.stage < lookup.stage => Stamp { missing: &t.stamp.no_entry, ..drawn },
        (None, _) => Stamp { missing: &t.stamp.not_yet, ..drawn },
    }
}
