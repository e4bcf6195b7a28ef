//! What the logs serve: checkpoint, tiles, entry bundles, verifier keys. Public.

use super::OneLog;
use super::sequence::with_leaf;
use super::shelf::Shelf;
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::ledger::{Checkpoint, Log};
use tegata_wire::tlog::Hash;
use tegata_wire::tlog_tiles::{Edge, TileKind, TilePath, Tiles, encode_tile, push_entry};

pub(crate) fn bundle_name(index: u64) -> String {
    TilePath::full(TileKind::Entries, index).to_string()
}

fn hash_name(level: u8, index: u64) -> String {
    TilePath::full(TileKind::Hashes(level), index).to_string()
}

/// Why a tile cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TileError {
    #[error("tile {0} is missing")]
    Missing(String),
    #[error(transparent)]
    Store(#[from] tegata_store::Error),
    #[error("tile {0} is damaged")]
    Damaged(String),
}

/// Full tiles from the shelf; a partial one is computed from the full tiles below it.
pub(crate) struct Files<'a> {
    pub shelf: &'a Shelf,
}

impl Files<'_> {
    fn full(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, TileError> {
        let name = hash_name(level, index);
        let Some(bytes) = self.shelf.read(&name)? else { return Ok(None) };
        let (hashes, rest) = bytes.as_chunks::<32>();
        if hashes.len() != 256 || !rest.is_empty() {
            return Err(TileError::Damaged(name));
        }
        Ok(Some(hashes.to_vec()))
    }
}

impl Tiles for Files<'_> {
    type Error = TileError;

    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, TileError> {
        if let Some(mut hashes) = self.full(level, index)? {
            hashes.truncate(width.into());
            return Ok(hashes);
        }
        if level == 0 {
            return Err(TileError::Missing(hash_name(level, index)));
        }
        (0..u64::from(width))
            .map(|i| {
                let below = self.tile(level - 1, index * 256 + i, 256)?;
                let mut edge = Edge::new();
                edge.append(&below);
                Ok(edge.root())
            })
            .collect()
    }
}

/// Full tiles from the shelf, partial ones from the edge of the published tree.
pub(crate) struct Served<'a> {
    pub files: Files<'a>,
    pub edge: &'a Edge,
}

impl<'a> Served<'a> {
    pub(crate) fn of(one: &'a OneLog, edge: &'a Edge) -> Self {
        Served { files: Files { shelf: &one.shelf }, edge }
    }
}

impl Tiles for Served<'_> {
    type Error = TileError;

    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, TileError> {
        let shift = 8 * (u32::from(level) + 1);
        let at_edge = self.edge.size().checked_shr(shift).unwrap_or(0) == index;
        match self.edge.partial(level).get(..width.into()) {
            Some(hashes) if at_edge => Ok(hashes.to_vec()),
            Some(_) | None => self.files.tile(level, index, width),
        }
    }
}

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
    match path.kind {
        TileKind::Hashes(level) => {
            let served = Served::of(one, &published.edge);
            let hashes = served.tile(level, path.index, path.width()).map_err(Error::internal)?;
            Ok(encode_tile(&hashes).to_vec())
        }
        TileKind::Entries if path.partial.is_none() => {
            one.shelf.read(&bundle_name(path.index))?.ok_or_else(|| Error::internal("an entry bundle is missing"))
        }
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
