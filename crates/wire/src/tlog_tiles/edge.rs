//! The right edge of the tree: all that an appender needs to keep (C2SP tlog-tiles over RFC 6962 §2.1).
//!
//! Why here: the sequencer holds it in memory and derives root and tiles from it without reading anything. Appending
//! works like adding one to a binary number: each carry is one node, so n leaves cost n nodes.

use super::tree::{Tiles, TreeError, read};
use super::{TILE_WIDTH, TileKind, TilePath};
use crate::tlog::{Hash, empty_root, node_hash, perfect_root};
use std::fmt;
use std::num::NonZeroU8;

/// Tile levels of a tree of less than 2^64 leaves.
const LEVELS: usize = 8;

/// A tile that became full: 256 hashes that never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteTile {
    /// 0 for leaf hashes, to 7.
    pub level: u8,
    /// Counted from 0 within the level.
    pub index: u64,
    /// 256 of them.
    pub hashes: Vec<Hash>,
}

impl CompleteTile {
    /// Where it is served.
    pub fn path(&self) -> TilePath {
        TilePath::full(TileKind::Hashes(self.level), self.index)
    }
}

/// The incomplete tile of each level and the roots of the perfect subtrees that the tree consists of: 2 KB, and 8 KB a
/// level in use (four in a tree of 10^9 leaves).
#[derive(Clone)]
pub struct Edge {
    size: u64,
    /// At `h` the root of the perfect subtree of 2^h leaves, if bit `h` of `size` is set; else stale.
    peaks: [Hash; 64],
    /// By level; each holds fewer than 256 hashes.
    tiles: [Vec<Hash>; LEVELS],
}

impl Edge {
    /// Of the tree without leaves.
    pub fn new() -> Self {
        Edge { size: 0, peaks: [[0; 32]; 64], tiles: Default::default() }
    }

    /// Of the tree of `size` leaves in `tiles`: reads one partial tile a level. The caller compares [`Edge::root`]
    /// with the root that it trusts.
    pub fn load<T: Tiles>(size: u64, tiles: &T) -> Result<Self, TreeError<T::Error>> {
        let mut edge = Edge { size, ..Edge::new() };
        for level in 0..LEVELS {
            let count = size >> (8 * level);
            let width = (count % u64::from(TILE_WIDTH)) as usize;
            if width == 0 {
                continue;
            }
            let tile = read(tiles, (level as u8, count >> 8), width as u16)?;
            for bit in (0..8).filter(|bit| width >> bit & 1 == 1) {
                let first = width >> (bit + 1) << (bit + 1);
                edge.peaks[8 * level + bit] = perfect_root(&tile[first..first + (1 << bit)]);
            }
            edge.tiles[level] = tile;
        }
        Ok(edge)
    }

    /// Leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree: at most 63 nodes, and nothing read.
    pub fn root(&self) -> Hash {
        let mut peaks = (0..64).filter(|height| self.size >> height & 1 == 1).map(|height| &self.peaks[height]);
        let Some(lowest) = peaks.next() else { return empty_root() };
        peaks.fold(*lowest, |right, left| node_hash(left, &right))
    }

    /// Adds leaves at the end and gives every tile, of any level, that became full; those of a level in order, and
    /// each after the tiles that it is made of.
    pub fn append(&mut self, leaf_hashes: &[Hash]) -> Vec<CompleteTile> {
        let mut complete = Vec::new();
        for leaf in leaf_hashes {
            self.tiles[0].push(*leaf);
            let mut node = *leaf;
            let carries = self.size.trailing_ones() as usize;
            for height in 0..carries {
                node = node_hash(&self.peaks[height], &node);
                if height % 8 == 7 {
                    complete.push(self.close(height / 8));
                    self.tiles[height / 8 + 1].push(node);
                }
            }
            self.peaks[carries] = node;
            self.size += 1;
        }
        complete
    }

    /// The hashes of the incomplete tile at a level: fewer than 256, none where the level ends with a full tile.
    pub fn partial(&self, level: u8) -> &[Hash] {
        self.tiles.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// The incomplete tiles that a tree of this size has, from level 0 upwards, with the place where each is served.
    pub fn partials(&self) -> impl Iterator<Item = (TilePath, &[Hash])> {
        self.tiles.iter().enumerate().filter_map(|(level, hashes)| {
            let partial = Some(NonZeroU8::new(hashes.len() as u8)?);
            Some((TilePath { kind: TileKind::Hashes(level as u8), index: self.index(level), partial }, &hashes[..]))
        })
    }

    /// Takes out the tile at `level`, which the leaf being added made full.
    fn close(&mut self, level: usize) -> CompleteTile {
        let hashes = std::mem::replace(&mut self.tiles[level], Vec::with_capacity(usize::from(TILE_WIDTH)));
        CompleteTile { level: level as u8, index: self.index(level), hashes }
    }

    /// Of the incomplete tile at `level`; two shifts, since one by 64 is none.
    fn index(&self, level: usize) -> u64 {
        self.size >> (8 * level) >> 8
    }
}

impl Default for Edge {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("size", &self.size).finish_non_exhaustive()
    }
}
