//! What the logs serve: checkpoint, tiles, entry bundles, verifier keys. Public.

use super::sequence::with_leaf;
use super::tiles::Served;
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::ledger::{Checkpoint, Log};
use tegata_wire::tlog_tiles::{TileKind, TilePath, encode_tile, push_entry};

/// The published checkpoint.
pub fn checkpoint(log: Log, cx: &Inner) -> Result<Checkpoint> {
    let published = cx.ledger.log(log).published();
    published.map(|p| Checkpoint::clone(&p.checkpoint)).ok_or_else(|| Error::not_found("checkpoint"))
}

/// The verifier keys of both logs, signed-note form, one a line.
pub fn keys(cx: &Inner) -> String {
    Log::ALL.iter().map(|log| format!("{}\n", cx.ledger.log(*log).verifier)).collect()
}

/// A tile or an entry bundle of the published tree.
pub async fn tile(log: Log, path: TilePath, cx: &Inner) -> Result<Vec<u8>> {
    let one = cx.ledger.log(log);
    let not_found = || Error::not_found("tile");
    let published = one.published().ok_or_else(not_found)?;
    let size = published.checkpoint.head.size;
    let exists = TilePath::of_tree(path.kind, path.index, size).is_some_and(|t| t.width() >= path.width());
    if !exists {
        return Err(not_found());
    }
    let served = Served { log, one, edge: &published.edge, store: &cx.store };
    match path.kind {
        TileKind::Hashes(level) => Ok(encode_tile(&served.hashes(level, path.index, path.width()).await?).to_vec()),
        TileKind::Entries if path.partial.is_none() => Ok(served.bundle(path.index).await?),
        TileKind::Entries => {
            let contents = cx.store.ledger().contents(log, path.index * 256, path.width().into()).await?;
            let mut bundle = Vec::new();
            contents
                .iter()
                .try_for_each(|content| with_leaf(log, content, |leaf| push_entry(&mut bundle, leaf)))
                .map_err(|e| Error::internal(e.to_string()))?;
            Ok(bundle)
        }
    }
}
