//! The ledger: one sequencer per log, checkpoints, tiles, proofs.

mod open;
mod prove;
mod read;
mod sequence;

pub(crate) use open::{Named, rebuild};
pub use prove::{Proof, prove, prove_stamp};
pub use read::{checkpoint, keys, tile};
pub use sequence::sequence;
pub(crate) use sequence::signed;

use std::sync::{PoisonError, RwLock};
use tegata_domain::ledger::{Checkpoint, Log};
use tegata_keys::signer::Signer;
use tegata_store::object::Objects;
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog_tiles::Edge;

/// Both logs of this platform.
pub struct Ledger([OneLog; 2]);

/// One log: where its tiles lie, who signs, how far it is.
pub(crate) struct OneLog {
    pub log: Log,
    pub origin: String,
    pub signer: Signer,
    pub verifier: Verifier,
    pub objects: Objects,
    /// The right edge of the tree; behind a lock that a sequencing run holds from queue to checkpoint. `None` after a
    /// run that failed half-way: the next one loads it again from the store.
    pub edge: tokio::sync::Mutex<Option<Edge>>,
    /// The edge as it was when the published checkpoint was signed: what readers see.
    pub published: RwLock<Option<Published>>,
}

/// A checkpoint, and the right edge that belongs to it.
#[derive(Clone)]
pub(crate) struct Published {
    pub checkpoint: Checkpoint,
    pub edge: std::sync::Arc<Edge>,
}

impl Ledger {
    pub(crate) fn log(&self, log: Log) -> &OneLog {
        &self.0[log as usize]
    }

    /// Leaves under the published checkpoint.
    pub fn published_size(&self, log: Log) -> u64 {
        self.log(log).published().map_or(0, |p| p.checkpoint.head.size)
    }

    /// Origin of a log, as its checkpoints name it.
    pub fn origin(&self, log: Log) -> &str {
        &self.log(log).origin
    }
}

impl OneLog {
    pub(crate) fn published(&self) -> Option<Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Origin of a log below a public name: its host and path, without scheme. A restored platform is another generation:
/// its logs may end before those of the one before it, so they are others (ADR 16).
pub fn origin(public_url: &str, generation: Option<&str>, log: Log) -> String {
    let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    let suffix = generation.map(|generation| format!("/{generation}")).unwrap_or_default();
    format!("{host}/ledger/{}{suffix}", log.name())
}
