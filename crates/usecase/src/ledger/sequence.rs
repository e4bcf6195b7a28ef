//! The sequencer: takes leaves into the tree and publishes checkpoints.
//!
//! Order: the leaves are durable at their places already; the checkpoint is signed and kept in the one transaction that
//! moves (size, root), compared and swapped; then the tiles are put on the shelf; then readers see it.

use super::Published;
use super::follow::follow;
use super::open::{load, replay};
use super::shelf::Object;
use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::ledger::{Checkpoint, Head, Log};
use tegata_keys::signer::Signer;
use tegata_store::Contents;
use tegata_wire::life;
use tegata_wire::signed_note::{self, Checkpoint as Text, Verifier};
use tegata_wire::tlog::{Malformed, leaf_hash};
use tegata_wire::tlog_tiles::{Edge, TILE_WIDTH, encode_tile, push_entry};

/// Leaves that are taken at once.
const TOGETHER: u32 = 16_384;

/// What `f` makes of the leaf of a log, from what the store keeps of it.
pub(crate) fn with_leaf<T>(log: Log, content: &[u8], f: impl FnOnce(&[u8]) -> T) -> T {
    match (log, <&[u8; 32]>::try_from(content)) {
        (Log::Devices, Ok(commitment)) => f(&life::leaf(commitment)),
        (Log::Facts, _) | (Log::Devices, Err(_)) => f(content),
    }
}

/// The right edge of a tree, and the entry bundle that is not full yet.
#[derive(Clone)]
pub(crate) struct Growing {
    pub edge: Edge,
    bundle: Vec<u8>,
}

impl Growing {
    /// Of a tree whose last tile is full.
    pub(crate) fn at(edge: Edge) -> Self {
        Growing { edge, bundle: Vec::new() }
    }

    /// Adds leaves; answers the tiles and bundles that became full.
    pub(crate) fn grow(&mut self, log: Log, contents: &Contents) -> Result<Vec<Object>> {
        let mut full = Vec::new();
        let mut hashes = Vec::with_capacity(contents.len());
        let mut size = self.edge.size();
        for content in contents.iter() {
            let add = |leaf: &[u8]| -> Result<(), Malformed> {
                hashes.push(leaf_hash(leaf));
                push_entry(&mut self.bundle, leaf)
            };
            with_leaf(log, content, add).map_err(|e| Error::internal(e.to_string()))?;
            size += 1;
            if size.is_multiple_of(TILE_WIDTH.into()) {
                let next = Vec::with_capacity(self.bundle.len());
                let bundle = std::mem::replace(&mut self.bundle, next);
                full.push((super::read::bundle_name(size / u64::from(TILE_WIDTH) - 1), bundle));
            }
        }
        let tiles = self.edge.append(&hashes);
        full.extend(tiles.iter().map(|tile| (tile.path().to_string(), encode_tile(&tile.hashes).to_vec())));
        Ok(full)
    }

    /// Size and root of the tree.
    pub(crate) fn head(&self) -> Head {
        Head { size: self.edge.size(), root: self.edge.root() }
    }

    /// Leaves in full tiles.
    pub(crate) fn whole(&self) -> u64 {
        self.edge.size() - self.edge.size() % u64::from(TILE_WIDTH)
    }
}

/// Takes all that waits into the tree of a log and publishes a checkpoint; answers how many leaves.
pub async fn sequence(log: Log, cx: &Inner) -> Result<u64> {
    let one = cx.ledger.log(log);
    if !cx.store.lease().holds() {
        return follow(log, one, cx).await;
    }
    one.shelf.reads_and_writes();
    let mut kept = one.edge.lock().await;
    // taken out until the run succeeds: what fails half-way is loaded again from the store
    let mut growing = match kept.take() {
        Some(growing) => growing,
        None => {
            let (growing, published) = load(&cx.store, log, &one.shelf).await?;
            published.into_iter().for_each(|published| one.publish(published));
            growing
        }
    };
    if cx.store.is_shared() {
        // another node may have been the sequencer meanwhile
        let head = cx.store.ledger().standing(log).await?.head;
        replay(&cx.store, log, &one.shelf, &mut growing, head).await?;
    }
    let (mut taken, mut last) = (0, None);
    loop {
        let contents = cx.store.ledger().waiting_from(log, growing.edge.size(), TOGETHER).await?;
        if contents.is_empty() && (last.is_some() || one.is_published()) {
            break;
        }
        one.shelf.room()?;
        let mut next = growing.clone();
        let full = next.grow(log, &contents)?;
        let checkpoint = signed(next.head(), &one.signer, &one.verifier)?;
        let moved = cx.store.ledger().advance(log, growing.head(), checkpoint.clone(), one.shelf.durable()).await?;
        if !moved && cx.store.is_shared() {
            // whoever has the lease by now signed it on; this node takes the tree in anew
            tracing::warn!(log = log.name(), "another node is the sequencer by now");
            return Ok(taken);
        }
        if !moved {
            return Err(Error::internal("the log was moved by somebody else; there is one sequencer per log"));
        }
        one.shelf.put(full, next.whole());
        growing = next;
        taken += contents.len() as u64;
        last = Some(checkpoint);
    }
    if let Some(checkpoint) = last {
        one.publish(Published { checkpoint: Arc::new(checkpoint), edge: Arc::new(growing.edge.clone()) });
    }
    *kept = Some(growing);
    one.shelf.tidy();
    Ok(taken)
}

/// A checkpoint over `head`, signed under the log's origin, which is the name of its verifier key.
pub(crate) fn signed(head: Head, signer: &Signer, verifier: &Verifier) -> Result<Checkpoint> {
    let wrong = |e: &dyn std::fmt::Display| Error::internal(e.to_string());
    let text = Text { origin: verifier.name().to_owned(), size: head.size, root: head.root };
    let text = text.text().map_err(|e| wrong(&e))?;
    let signature: [u8; 64] =
        signer.sign(text.as_bytes())?.try_into().map_err(|_| Error::internal("Ed25519 signature"))?;
    let note = signed_note::sign(&text, verifier, |_| signature).map_err(|e| wrong(&e))?;
    Ok(Checkpoint { head, note })
}
