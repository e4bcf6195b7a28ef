//! The sequencer: takes queued leaves into the tree and publishes checkpoints.
//!
//! Order: places and (size, root) in one compared-and-swapped transaction, then tiles on disk, then the checkpoint.

use super::open::load;
use super::{OneLog, Published};
use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::{Arc, PoisonError};
use tegata_domain::ledger::{Checkpoint, Head, Log};
use tegata_keys::signer::Signer;
use tegata_store::object::Objects;
use tegata_store::{Placed, Store};
use tegata_wire::life;
use tegata_wire::signed_note::{self, Checkpoint as Text, Verifier};
use tegata_wire::tlog::leaf_hash;
use tegata_wire::tlog_tiles::{CompleteTile, Edge, encode_bundle, encode_tile};

/// Leaves that are taken at once.
const TOGETHER: u32 = 4096;

/// The leaf of a log, from what the store keeps of it.
pub(crate) fn leaf_of(log: Log, content: &[u8]) -> Vec<u8> {
    match (log, <&[u8; 32]>::try_from(content)) {
        (Log::Devices, Ok(commitment)) => life::leaf(commitment).to_vec(),
        (Log::Facts, _) | (Log::Devices, Err(_)) => content.to_vec(),
    }
}

fn head(edge: &Edge) -> Head {
    Head { size: edge.size(), root: edge.root() }
}

/// Takes all that waits into the tree of a log and publishes a checkpoint; answers how many leaves.
pub async fn sequence(log: Log, cx: &Inner) -> Result<u64> {
    let one = cx.ledger.log(log);
    let mut kept = one.edge.lock().await;
    // taken out until the run succeeds: what fails half-way is loaded again from the store
    let mut edge = match kept.take() {
        Some(edge) => edge,
        None => load(&cx.store, log, &one.objects).await?.0,
    };
    let mut taken = 0;
    loop {
        let queued = cx.store.ledger().queue(log, TOGETHER).await?;
        let count = queued.len() as u64;
        if count == 0 {
            break;
        }
        let (old, start) = (head(&edge), edge.size());
        let leaves: Vec<Vec<u8>> = queued.iter().map(|q| leaf_of(log, &q.content)).collect();
        let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let mut next = edge.clone();
        let complete = next.append(&hashes);
        let placed: Vec<Placed> = (start..).zip(queued).collect();
        if !cx.store.ledger().advance(log, old, head(&next), placed).await? {
            return Err(Error::internal("the log was moved by somebody else; there is one sequencer per log"));
        }
        write_tiles(&cx.store, log, &one.objects, &complete, (start, &leaves)).await?;
        edge = next;
        taken += count;
    }
    publish(one, &edge, cx).await?;
    *kept = Some(edge);
    Ok(taken)
}

/// Writes the tiles that became full, and their entry bundles. `leaves` begin at index `start`.
pub(crate) async fn write_tiles(
    store: &Store,
    log: Log,
    objects: &Objects,
    complete: &[CompleteTile],
    (start, leaves): (u64, &[Vec<u8>]),
) -> Result<()> {
    for tile in complete {
        objects.write(&tile.path().to_string(), encode_tile(&tile.hashes))?;
        if tile.level > 0 {
            continue;
        }
        let first = tile.index * 256;
        let entries: Vec<Vec<u8>> = match usize::try_from(first as i64 - start as i64) {
            Ok(skip) => leaves[skip..skip + 256].to_vec(),
            // the tile began before this run: its first leaves come from the store
            Err(_) => {
                let contents = store.ledger().contents(log, first, 256).await?;
                contents.iter().map(|content| leaf_of(log, content)).collect()
            }
        };
        let bundle = encode_bundle(&entries).map_err(|e| Error::internal(e.to_string()))?;
        objects.write(&super::read::bundle_name(tile.index), &bundle)?;
    }
    Ok(())
}

async fn publish(one: &OneLog, edge: &Edge, cx: &Inner) -> Result<()> {
    let head = head(edge);
    if one.published().is_some_and(|p| p.checkpoint.head.size >= head.size) {
        return Ok(());
    }
    one.objects.sync()?;
    let checkpoint = signed(head, &one.origin, &one.signer)?;
    cx.store.ledger().publish(one.log, checkpoint.clone()).await?;
    let published = Published { checkpoint, edge: Arc::new(edge.clone()) };
    *one.published.write().unwrap_or_else(PoisonError::into_inner) = Some(published);
    Ok(())
}

fn wrong(e: impl std::fmt::Display) -> Error {
    Error::internal(e.to_string())
}

/// A checkpoint over `head`, signed under the log's origin.
pub(crate) fn signed(head: Head, origin: &str, signer: &Signer) -> Result<Checkpoint> {
    let key = signer.public_key().try_into().map_err(Error::internal)?;
    let verifier = Verifier::new(origin, key).map_err(wrong)?;
    let text = Text { origin: origin.to_owned(), size: head.size, root: head.root }.text().map_err(wrong)?;
    let signature: [u8; 64] =
        signer.sign(text.as_bytes())?.try_into().map_err(|_| Error::internal("Ed25519 signature"))?;
    let note = signed_note::sign(&text, &verifier, |_| signature).map_err(wrong)?;
    Ok(Checkpoint { head, note })
}
