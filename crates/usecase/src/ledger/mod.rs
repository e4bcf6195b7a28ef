//! The ledger: one sequencer per log, checkpoints, tiles, proofs.

mod explain;
mod follow;
mod head;
mod open;
mod prove;
mod read;
mod recount;
mod sequence;
mod shelf;
mod tiles;

pub use explain::{Explained, Fault, Signed, Step, Told, explain};
pub(crate) use head::device_head;
pub(crate) use open::{Named, kind, rebuild, verifier};
pub use prove::{Proof, prove, prove_stamp};
pub use read::{checkpoint, keys, tile};
pub(crate) use recount::recount;
pub use sequence::sequence;
pub(crate) use sequence::signed;

use sequence::Growing;
use shelf::Shelf;
use std::sync::{PoisonError, RwLock};
use tegata_domain::ledger::{Checkpoint, Log};
use tegata_keys::signer::Signer;
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog_tiles::Edge;
use tiles::Known;

/// Both logs of this platform.
pub struct Ledger([OneLog; 2]);

/// One log: where its tiles are, who signs, how far it is.
pub(crate) struct OneLog {
    pub origin: String,
    pub signer: Signer,
    pub verifier: Verifier,
    pub shelf: Shelf,
    /// Tiles that were held against the tree.
    pub known: Known,
    /// The right edge of the tree; behind a lock that a sequencing run holds from leaf to checkpoint. `None` after a
    /// run that failed half-way: the next one loads it again from the store.
    pub edge: tokio::sync::Mutex<Option<Growing>>,
    /// The edge as it was when the published checkpoint was signed: what readers see.
    pub published: RwLock<Option<Published>>,
}

/// A checkpoint, and the right edge that belongs to it.
#[derive(Clone)]
pub(crate) struct Published {
    pub checkpoint: std::sync::Arc<Checkpoint>,
    pub edge: std::sync::Arc<Edge>,
}

impl Ledger {
    pub(crate) fn log(&self, log: Log) -> &OneLog {
        &self.0[log as usize]
    }

    /// Leaves under the published checkpoint.
    pub fn published_size(&self, log: Log) -> u64 {
        let published = self.log(log).published.read().unwrap_or_else(PoisonError::into_inner);
        published.as_ref().map_or(0, |p| p.checkpoint.head.size)
    }

    /// Full tiles and bundles of a log: held in memory, written since the start, and made again because they were missing
    /// or damaged.
    pub fn tiles(&self, log: Log) -> [u64; 3] {
        let one = self.log(log);
        let (held, written) = one.shelf.counts();
        [held, written, one.known.mended()]
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

    pub(crate) fn is_published(&self) -> bool {
        self.published.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Shows a checkpoint that stands in the store. What is shown only grows.
    pub(crate) fn publish(&self, published: Published) {
        let mut shown = self.published.write().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref().is_none_or(|shown| shown.checkpoint.head.size <= published.checkpoint.head.size) {
            *shown = Some(published);
        }
    }
}

/// Origin of a log below a public name: its host and path, without scheme. A restored platform is another generation:
/// its logs may end before those of the one before it, so they are others (ADR 16).
pub fn origin(public_url: &str, generation: Option<&str>, log: Log) -> String {
    let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    let suffix = generation.map(|generation| format!("/{generation}")).unwrap_or_default();
    format!("{host}/ledger/{}{suffix}", log.name())
}
