//! A proof told step by step: what it holds, whether it leads to its checkpoint, whether this platform signed that.
//!
//! Why here: a person who was handed a proof file wants to know where it breaks, not only that it does. Whoever does
//! not trust this server checks the same file with `tegata verify` or with a program of others.
//! Invariant: a step counts only when every step before it held.

use crate::cx::Inner;
use serde_json::Value;
use tegata_domain::ledger::Log;
use tegata_wire::life::Extra;
use tegata_wire::signed_note::{Checkpoint, Verifier, open};
use tegata_wire::tlog::{Hash, ProofError, check_inclusion, leaf_hash};
use tegata_wire::tlog_proof::TlogProof;

/// The steps of a proof, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The file has the form of a proof.
    Form,
    /// Its checkpoint is signed by a key of the log that it names.
    Signature,
    /// Salt and event give the entry.
    Entry,
    /// The entry's digests lead to the root that was signed.
    Path,
}

impl Step {
    /// All, in order.
    pub const ALL: [Step; 4] = [Step::Form, Step::Signature, Step::Entry, Step::Path];
}

/// Where a proof breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is no proof file, or was cut or changed so that it cannot be read.
    Unreadable,
    /// Its checkpoint is of a log that this platform does not run.
    OtherLog,
    /// The signature does not fit: the checkpoint was changed, or another key signed it.
    BadSignature,
    /// It carries no salt and event, or they cannot be read.
    NoEntry,
    /// It has too few or too many digests, or a place beyond the tree.
    WrongLength,
    /// The digests lead to another root: salt, event or a digest was changed.
    AnotherRoot,
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Which log.
    pub origin: String,
    /// Its entries then.
    pub size: u64,
    /// Its root then.
    pub root: Hash,
    /// Its entries as published now.
    pub size_now: u64,
}

/// What the entry tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The event, as the device's life has it.
    pub event: Value,
    /// The entry itself: what stands in the log.
    pub leaf: [u8; 33],
}

/// A proof, as far as it held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explained {
    /// Which entry of the log, from 0, and how many digests lead to the root.
    pub place: Option<(u64, usize)>,
    /// The log that it names, signed or not.
    pub claimed: Option<String>,
    /// The checkpoint, once its signature held.
    pub signed: Option<Signed>,
    /// The entry.
    pub told: Option<Told>,
    /// The step that broke, and how; none where all held.
    pub fault: Option<(Step, Fault)>,
}

impl Explained {
    /// Whether a step held.
    pub fn held(&self, step: Step) -> bool {
        self.fault.is_none_or(|(broken, _)| step < broken)
    }

    /// Whether a step was taken at all.
    pub fn taken(&self, step: Step) -> bool {
        self.fault.is_none_or(|(broken, _)| step <= broken)
    }
}

/// Tells a proof file of one of this platform's logs.
pub fn explain(text: &str, cx: &Inner) -> Explained {
    let logs = Log::ALL.map(|log| {
        let one = cx.ledger.log(log);
        (one.verifier.clone(), cx.ledger.published_size(log))
    });
    of(text, &logs)
}

/// The same against any logs: their keys, with the sizes that they have now.
fn of(text: &str, logs: &[(Verifier, u64)]) -> Explained {
    let mut found = Explained::default();
    found.fault = walk(text, logs, &mut found).err();
    found
}

fn walk(text: &str, logs: &[(Verifier, u64)], found: &mut Explained) -> Result<(), (Step, Fault)> {
    // a text that went through a form or a mail has other line ends, and other blanks around it
    let text = format!("{}\n", text.replace("\r\n", "\n").trim());
    let proof = TlogProof::parse(&text).map_err(|_| (Step::Form, Fault::Unreadable))?;
    found.place = Some((proof.index, proof.hashes.len()));
    let claimed = proof.checkpoint.lines().next().unwrap_or_default().to_owned();
    found.claimed = Some(claimed.clone());
    let (key, size_now) =
        logs.iter().find(|(key, _)| key.name() == claimed).ok_or((Step::Signature, Fault::OtherLog))?;
    let bad = |_| (Step::Signature, Fault::BadSignature);
    let opened = open(&proof.checkpoint, std::slice::from_ref(key)).map_err(bad)?;
    let Checkpoint { origin, size, root } =
        Checkpoint::parse(opened.text).map_err(|_| (Step::Signature, Fault::BadSignature))?;
    found.signed = Some(Signed { origin, size, root, size_now: *size_now });
    let no_entry = (Step::Entry, Fault::NoEntry);
    let extra = Extra::decode(&proof.extra).map_err(|_| no_entry)?;
    let event = serde_json::from_slice(&extra.event).map_err(|_| no_entry)?;
    let leaf = extra.leaf();
    found.told = Some(Told { event, leaf });
    check_inclusion(&proof.hashes, size, proof.index, &leaf_hash(&leaf), &root).map_err(|error| match error {
        ProofError::Root => (Step::Path, Fault::AnotherRoot),
        _ => (Step::Path, Fault::WrongLength),
    })
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
