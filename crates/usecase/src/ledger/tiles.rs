//! Tiles and bundles as they are read: each is held against the tree, up to the edge that the checkpoint signs.
//!
//! Why: they lie on a disk or in an object store, where they may be damaged or lost. They can be made again from the
//! store, and are; what cannot be had for the moment is a refusal that passes.
//! Invariant: no hash leaves here that does not lead to the published root.

use super::OneLog;
use super::sequence::with_leaf;
use super::shelf::{Found, Shelf};
use crate::error::{Error, Kind, Result};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tegata_domain::ledger::Log;
use tegata_store::Store;
use tegata_wire::tlog::{Hash, leaf_hash};
use tegata_wire::tlog_tiles::{Edge, TileKind, TilePath, Tiles, TreeError, decode_bundle, decode_tile, encode_tile};
use tegata_wire::tlog_tiles::{TILE_WIDTH, inclusion_proof, push_entry};

/// So many tiles above the lowest level are kept, 8 kB each.
const KEPT: usize = 1024;
/// So many are read at once.
const TOGETHER: usize = 16;

/// Name of a full entry bundle.
pub(super) fn bundle_name(index: u64) -> String {
    TilePath::full(TileKind::Entries, index).to_string()
}

fn hash_name(level: u8, index: u64) -> String {
    TilePath::full(TileKind::Hashes(level), index).to_string()
}

/// The hashes of a full tile.
type Tile = Arc<Vec<Hash>>;

/// Tiles above the lowest level that were held against the tree, and how many were not what they should be.
#[derive(Default)]
pub(crate) struct Known {
    tiles: Mutex<HashMap<(u8, u64), Tile>>,
    mended: AtomicU64,
}

impl Known {
    fn find(&self, place: (u8, u64)) -> Option<Arc<Vec<Hash>>> {
        self.tiles.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned()
    }

    fn keep(&self, place: (u8, u64), tile: &Arc<Vec<Hash>>) {
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if tiles.len() >= KEPT {
            tiles.clear();
        }
        tiles.insert(place, Arc::clone(tile));
    }

    /// How many were missing or damaged where they lie, and were made again.
    pub(crate) fn mended(&self) -> u64 {
        self.mended.load(Relaxed)
    }
}

fn root(hashes: &[Hash]) -> Hash {
    let mut edge = Edge::new();
    edge.append(hashes);
    edge.root()
}

/// A tile that an algorithm over tiles wants, and that is not there yet.
#[derive(Debug, thiserror::Error)]
#[error("not read yet")]
struct Wanted;

/// Tiles that were read for one run of an algorithm.
struct Gathered<'a> {
    edge: Option<&'a Edge>,
    have: HashMap<(u8, u64), Vec<Hash>>,
}

impl Tiles for Gathered<'_> {
    type Error = Wanted;

    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, Wanted> {
        if let Some(hashes) = self.edge.and_then(|edge| partial(edge, level, index, width)) {
            return Ok(hashes);
        }
        let hashes = self.have.get(&(level, index)).and_then(|tile| tile.get(..width.into()));
        hashes.map(<[Hash]>::to_vec).ok_or(Wanted)
    }
}

/// Out of the incomplete tile at the edge.
fn partial(edge: &Edge, level: u8, index: u64, width: u16) -> Option<Vec<Hash>> {
    let shift = 8 * (u32::from(level) + 1);
    let at_edge = edge.size().checked_shr(shift).unwrap_or(0) == index;
    edge.partial(level).get(..width.into()).filter(|_| at_edge).map(<[Hash]>::to_vec)
}

/// Runs an algorithm over tiles until it has all that it wants.
async fn run<'a, T>(
    edge: Option<&Edge>,
    work: impl Fn(&Gathered<'_>) -> Result<T, TreeError<Wanted>>,
    fetch: impl Fn(u8, u64) -> BoxFuture<'a, Result<Vec<Hash>>>,
) -> Result<T> {
    let mut have = HashMap::new();
    loop {
        let gathered = Gathered { edge, have };
        let (level, index) = match work(&gathered) {
            Ok(value) => return Ok(value),
            Err(TreeError::Read { level, index, .. }) => (level, index),
            Err(error) => return Err(Error::internal(error)),
        };
        have = gathered.have;
        have.insert((level, index), fetch(level, index).await?);
    }
}

/// The tiles of a log under its published checkpoint.
pub(super) struct Served<'a> {
    pub log: Log,
    pub one: &'a OneLog,
    pub edge: &'a Edge,
    pub store: &'a Store,
}

impl Served<'_> {
    /// The hashes that lead from a leaf to the root.
    pub(super) async fn inclusion(&self, index: u64) -> Result<Vec<Hash>> {
        let fetch = |level, index| async move { Ok(self.full(level, index).await?.to_vec()) }.boxed();
        run(Some(self.edge), |tiles| inclusion_proof(self.edge.size(), index, tiles), fetch).await
    }

    /// The first `width` hashes of a tile.
    pub(super) async fn hashes(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>> {
        if let Some(hashes) = partial(self.edge, level, index, width) {
            return Ok(hashes);
        }
        let mut hashes = self.full(level, index).await?.to_vec();
        hashes.truncate(width.into());
        Ok(hashes)
    }

    /// What a tile's place in the tree says that its root must be.
    async fn root_of(&self, level: u8, index: u64) -> Result<Hash> {
        let (above, at) = (index >> 8, (index & 255) as usize);
        let hashes = match partial(self.edge, level + 1, above, at as u16 + 1) {
            Some(hashes) => hashes,
            None => self.full(level + 1, above).await?.to_vec(),
        };
        hashes.get(at).copied().ok_or_else(|| damaged(&hash_name(level, index)))
    }

    /// A full tile, held against the tree; one that is missing or damaged is made again.
    fn full(&self, level: u8, index: u64) -> BoxFuture<'_, Result<Arc<Vec<Hash>>>> {
        Box::pin(async move {
            if level > 0
                && let Some(known) = self.one.known.find((level, index))
            {
                return Ok(known);
            }
            let (wanted, name) = (self.root_of(level, index).await?, hash_name(level, index));
            let fits = |hashes: &Vec<Hash>| root(hashes) == wanted;
            let read = raw(&self.one.shelf, level, index).await?.filter(fits);
            let tile = match read {
                Some(hashes) => hashes,
                None => {
                    let again = self.again(level, index).await?;
                    let hashes = again.filter(fits).ok_or_else(|| damaged(&name))?;
                    self.mended(name, encode_tile(&hashes).to_vec());
                    hashes
                }
            };
            let tile = Arc::new(tile);
            if level > 0 {
                self.one.known.keep((level, index), &tile);
            }
            Ok(tile)
        })
    }

    /// Makes a full tile again: from the leaves in the store, or from the tiles below it.
    async fn again(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>> {
        if level > 0 {
            return below(&self.one.shelf, level, index, TILE_WIDTH).await;
        }
        let mut hashes = Vec::new();
        self.leaves(index, |leaf| hashes.push(leaf_hash(leaf))).await?;
        Ok((hashes.len() == usize::from(TILE_WIDTH)).then_some(hashes))
    }

    async fn leaves(&self, index: u64, mut each: impl FnMut(&[u8])) -> Result<()> {
        let contents = self.store.ledger().contents(self.log, index * u64::from(TILE_WIDTH), TILE_WIDTH.into()).await?;
        contents.iter().for_each(|content| with_leaf(self.log, content, &mut each));
        Ok(())
    }

    fn mended(&self, name: String, bytes: Vec<u8>) {
        tracing::error!(log = self.log.name(), name, "a tile was missing or damaged where it lies; it was made again");
        self.one.known.mended.fetch_add(1, Relaxed);
        self.one.shelf.mend(name, bytes);
    }

    /// A full entry bundle, held against the tile above it.
    pub(super) async fn bundle(&self, index: u64) -> Result<Vec<u8>> {
        let (tile, name) = (self.full(0, index).await?, bundle_name(index));
        let fits = |bytes: &[u8]| {
            let entries = decode_bundle(bytes, TILE_WIDTH);
            entries.is_ok_and(|entries| entries.into_iter().map(leaf_hash).eq(tile.iter().copied()))
        };
        if let Some(found) = self.one.shelf.read(&name).await?
            && (matches!(found, Found::Held(_)) || fits(found.as_ref()))
        {
            return Ok(found.as_ref().to_vec());
        }
        let (mut bundle, mut pushed) = (Vec::new(), Ok(()));
        let push = |leaf: &[u8]| {
            if pushed.is_ok() {
                pushed = push_entry(&mut bundle, leaf);
            }
        };
        self.leaves(index, push).await?;
        if pushed.is_err() || !fits(&bundle) {
            return Err(damaged(&name));
        }
        self.mended(name, bundle.clone());
        Ok(bundle)
    }
}

fn damaged(name: &str) -> Error {
    tracing::error!(name, "a tile is damaged, and the store cannot make it again");
    let text = "a part of the ledger is damaged here and is not handed out; its operator was told";
    Error::new(Kind::Unavailable, "damaged", text)
}

/// A full tile as it lies, not held against anything but its form.
async fn raw(shelf: &Shelf, level: u8, index: u64) -> Result<Option<Vec<Hash>>> {
    let found = shelf.read(&hash_name(level, index)).await?;
    Ok(found.and_then(|found| decode_tile(found.as_ref(), TILE_WIDTH).ok()))
}

/// The first `width` hashes of a tile, out of the full tiles below it; `None` where one of those is not there.
async fn below(shelf: &Shelf, level: u8, index: u64, width: u16) -> Result<Option<Vec<Hash>>> {
    let under = (0..u64::from(width)).map(|i| raw(shelf, level - 1, index * 256 + i).boxed());
    let under: Vec<BoxFuture<'_, Result<Option<Vec<Hash>>>>> = under.collect();
    let under: Vec<_> = futures_util::stream::iter(under).buffered(TOGETHER).try_collect().await?;
    Ok(under.into_iter().map(|tile| tile.map(|tile| root(&tile))).collect())
}

/// The right edge of the tree of `whole` leaves, all of them in full tiles, as they lie. The caller compares its root.
pub(super) async fn load_edge(whole: u64, shelf: &Shelf) -> Result<Edge> {
    let fetch = |level: u8, index: u64| as_it_lies(whole, shelf, level, index).boxed();
    run(None, |tiles| Edge::load(whole, tiles), fetch).await
}

async fn as_it_lies(whole: u64, shelf: &Shelf, level: u8, index: u64) -> Result<Vec<Hash>> {
    if let Some(hashes) = raw(shelf, level, index).await? {
        return Ok(hashes);
    }
    let width = ((whole >> (8 * u32::from(level))) - (index << 8)).min(TILE_WIDTH.into()) as u16;
    let below = if level == 0 { None } else { below(shelf, level, index, width).await? };
    below.ok_or_else(|| Error::internal(format!("{} is missing or damaged", hash_name(level, index))))
}
