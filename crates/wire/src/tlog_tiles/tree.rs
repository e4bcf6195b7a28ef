//! Proofs and roots out of tiles (RFC 6962 §2.1.1 and §2.1.2 over C2SP tlog-tiles).
//!
//! A subtree of 2^h leaves is in the tile at level h / 8, as 2^(h mod 8) hashes side by side; so a proof in a tree of
//! 10^9 leaves reads at most eight tiles. Each is read once and kept for the rest of the proof.

use super::TILE_WIDTH;
use crate::tlog::{Hash, empty_root, node_hash, perfect_root};

/// Where tiles come from: files, a store, memory.
pub trait Tiles {
    /// Why a tile could not be read.
    type Error;

    /// The first `width` (1 to 256) hashes of hash tile `index` at tile level `level` (0 to 7). A tile that became
    /// wider since is as good: its first hashes are the same.
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, Self::Error>;
}

/// Why tiles gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// The tree has no such entry.
    #[error("a tree of {size} entries has none at index {index}")]
    Index {
        /// Zero-based.
        index: u64,
        /// Entries in the tree.
        size: u64,
    },
    /// A tree cannot be the predecessor of a smaller one.
    #[error("a tree of {old} entries does not come before one of {new}")]
    Sizes {
        /// Entries in the tree asked from.
        old: u64,
        /// Entries in the tree asked to.
        new: u64,
    },
    /// The source gave another number of hashes than asked for.
    #[error("tile {level}/{index} should have {width} hashes")]
    Width {
        /// Of the tile.
        level: u8,
        /// Of the tile.
        index: u64,
        /// Hashes asked for.
        width: u16,
    },
    /// The source failed.
    #[error("tile {level}/{index} could not be read")]
    Read {
        /// Of the tile.
        level: u8,
        /// Of the tile.
        index: u64,
        /// What it said.
        source: E,
    },
}

/// The hashes that lead from the leaf at `index` to the root of the tree of `size` leaves: sibling first, as
/// [`crate::tlog::check_inclusion`] takes them.
pub fn inclusion_proof<T: Tiles>(size: u64, index: u64, tiles: &T) -> Result<Vec<Hash>, TreeError<T::Error>> {
    if index >= size {
        return Err(TreeError::Index { index, size });
    }
    let mut reader = Reader::new(size, tiles);
    let (mut start, mut end, mut proof) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(reader.range(middle, end)?);
            end = middle;
        } else {
            proof.push(reader.range(start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The hashes that show the tree of `old` leaves to be a beginning of that of `new` leaves, as
/// [`crate::tlog::check_consistency`] takes them; none between equal trees and from the empty one.
pub fn consistency_proof<T: Tiles>(old: u64, new: u64, tiles: &T) -> Result<Vec<Hash>, TreeError<T::Error>> {
    if old > new {
        return Err(TreeError::Sizes { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(new, tiles);
    let (mut start, mut end, mut proof) = (0, new, Vec::new());
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(reader.range(middle, end)?);
            end = middle;
        } else {
            proof.push(reader.range(start, middle)?);
            start = middle;
        }
    }
    // A subtree that starts at 0 is the old tree, whose root the other side has.
    if start != 0 {
        proof.push(reader.range(start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The root of the tree of `size` leaves.
pub fn root<T: Tiles>(size: u64, tiles: &T) -> Result<Hash, TreeError<T::Error>> {
    if size == 0 { Ok(empty_root()) } else { Reader::new(size, tiles).range(0, size) }
}

/// Reads one tile and holds it to its width.
pub(super) fn read<T: Tiles>(
    tiles: &T,
    (level, index): (u8, u64),
    width: u16,
) -> Result<Vec<Hash>, TreeError<T::Error>> {
    let hashes = tiles.tile(level, index, width).map_err(|source| TreeError::Read { level, index, source })?;
    if hashes.len() == usize::from(width) { Ok(hashes) } else { Err(TreeError::Width { level, index, width }) }
}

/// The largest power of two smaller than `size`, which is 2 or more.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Subtrees of one tree, over tiles that were read once.
struct Reader<'t, T> {
    tiles: &'t T,
    size: u64,
    /// By level and index. A proof needs so few that a search from the end is the fastest.
    known: Vec<((u8, u64), Vec<Hash>)>,
}

impl<'t, T: Tiles> Reader<'t, T> {
    fn new(size: u64, tiles: &'t T) -> Self {
        Reader { tiles, size, known: Vec::new() }
    }

    /// The root over the leaves from `start` to before `end`: one side of a split of RFC 6962 §2.1, so `start` is a
    /// multiple of every power of two that fits between them.
    fn range(&mut self, start: u64, end: u64) -> Result<Hash, TreeError<T::Error>> {
        let (mut at, mut peaks) = (start, Vec::new());
        while at < end {
            let height = (end - at).ilog2();
            peaks.push(self.perfect(height, at >> height)?);
            at += 1 << height;
        }
        Ok(peaks.into_iter().rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root))
    }

    /// The root of the `number`th subtree of 2^`height` leaves, which lies wholly within the tree.
    fn perfect(&mut self, height: u32, number: u64) -> Result<Hash, TreeError<T::Error>> {
        let within = height % 8;
        let first = (number << within) as usize % usize::from(TILE_WIDTH);
        let tile = self.tile((height / 8) as u8, number >> (8 - within))?;
        Ok(perfect_root(&tile[first..first + (1 << within)]))
    }

    /// The tile, as wide as this tree has it.
    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], TreeError<T::Error>> {
        let place = (level, index);
        let at = match self.known.iter().rposition(|(known, _)| *known == place) {
            Some(at) => at,
            None => {
                let count = self.size >> (8 * u32::from(level));
                let width = (count - (index << 8)).min(u64::from(TILE_WIDTH)) as u16;
                self.known.push((place, read(self.tiles, place, width)?));
                self.known.len() - 1
            }
        };
        Ok(&self.known[at].1)
    }
}
