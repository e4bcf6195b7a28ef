//! A log as static files: tile paths, tiles and entry bundles (C2SP tlog-tiles v0.1.0).
//!
//! Why here: server, witness and verifier name and read the same files. [`Edge`] appends and says which tiles became
//! full; [`inclusion_proof`], [`consistency_proof`] and [`root`] read tiles through [`Tiles`], wherever they lie.
//!
//! ```text
//! checkpoint                       a signed note, see crate::signed_note
//! tile/0/x001/234                  256 hashes: the leaf hashes 316,160 …
//! tile/1/004.p/17                  17 hashes, each the root of a full tile below
//! tile/entries/x001/234            256 entries, each after its length as a big-endian u16
//! ```

mod edge;
mod tree;

pub use edge::{CompleteTile, Edge};
pub use tree::{Tiles, TreeError, consistency_proof, inclusion_proof, root};

use crate::tlog::{Hash, Malformed, decimal};
use std::fmt;
use std::num::NonZeroU8;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Bytes that an entry may have.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// The longest path is `tile/entries/x018/x446/x744/x073/x709/x551/615.p/255`.
const MAX_PATH: usize = 52;

/// The highest level that a path may name.
const MAX_LEVEL: u64 = 63;

/// What lies in a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TileKind {
    /// Hashes of this level, 0 to 63; 0 is that of the leaves.
    Hashes(u8),
    /// Entries.
    Entries,
}

/// The place of a tile below the log's prefix. Displays as its path, without a leading slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TilePath {
    /// What lies there.
    pub kind: TileKind,
    /// Counted from 0 within the level.
    pub index: u64,
    /// The width of a partial tile; a full one has 256.
    pub partial: Option<NonZeroU8>,
}

impl TilePath {
    /// The path of a full tile.
    pub fn full(kind: TileKind, index: u64) -> Self {
        TilePath { kind, index, partial: None }
    }

    /// The path of the tile `index` in a tree of `size` leaves, full or partial; nothing if that tree has no such tile.
    pub fn of_tree(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let level = match kind {
            TileKind::Hashes(level) => u32::from(level),
            TileKind::Entries => 0,
        };
        let count = size.checked_shr(8 * level).unwrap_or(0);
        match index.cmp(&(count >> 8)) {
            std::cmp::Ordering::Less => Some(Self::full(kind, index)),
            std::cmp::Ordering::Equal => {
                NonZeroU8::new(count as u8).map(|width| TilePath { kind, index, partial: Some(width) })
            }
            std::cmp::Ordering::Greater => None,
        }
    }

    /// Hashes or entries in it: 1 to 256.
    pub fn width(&self) -> u16 {
        self.partial.map_or(TILE_WIDTH, |width| u16::from(width.get()))
    }

    /// Reads a path as it follows the log's prefix in a URL: `tile/…`, in the one form that the specification gives.
    pub fn parse(path: &str) -> Result<Self, Malformed> {
        if path.len() > MAX_PATH {
            return Err(Malformed("tile path too long"));
        }
        let (level, rest) =
            path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(Malformed("tile path"))?;
        let kind = match (level, decimal(level)) {
            ("entries", _) => TileKind::Entries,
            (_, Some(level @ 0..=MAX_LEVEL)) => TileKind::Hashes(level as u8),
            _ => return Err(Malformed("tile level")),
        };
        let (index, partial) = match rest.split_once(".p/") {
            None => (rest, None),
            Some((index, width)) => {
                let width = decimal(width).and_then(|width| u8::try_from(width).ok()).and_then(NonZeroU8::new);
                (index, Some(width.ok_or(Malformed("tile width"))?))
            }
        };
        Ok(TilePath { kind, index: parse_index(index)?, partial })
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut above = 1;
        while self.index / above >= 1000 {
            above *= 1000;
        }
        while above > 1 {
            write!(f, "x{:03}/", self.index / above % 1000)?;
            above /= 1000;
        }
        write!(f, "{:03}", self.index % 1000)?;
        self.partial.map_or(Ok(()), |width| write!(f, ".p/{width}"))
    }
}

/// Reads `x001/x234/067`: three digits an element, `x` before all but the last, no leading `x000`.
fn parse_index(text: &str) -> Result<u64, Malformed> {
    let malformed = Malformed("tile index");
    let (above, last) = text.rsplit_once('/').map_or((None, text), |(above, last)| (Some(above), last));
    let mut index = 0u64;
    for (at, element) in above.iter().flat_map(|above| above.split('/')).enumerate() {
        let group = three_digits(element.strip_prefix('x').ok_or(malformed)?).ok_or(malformed)?;
        if at == 0 && group == 0 {
            return Err(malformed);
        }
        index = index.checked_mul(1000).and_then(|index| index.checked_add(group)).ok_or(malformed)?;
    }
    let last = three_digits(last).ok_or(malformed)?;
    index.checked_mul(1000).and_then(|index| index.checked_add(last)).ok_or(malformed)
}

fn three_digits(text: &str) -> Option<u64> {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The bytes of a tile: its hashes, one after the other (32 bytes each).
pub fn encode_tile(hashes: &[Hash]) -> &[u8] {
    hashes.as_flattened()
}

/// Reads a tile that must have `width` hashes.
pub fn decode_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, Malformed> {
    match bytes.as_chunks() {
        (hashes, []) if hashes.len() == usize::from(width) => Ok(hashes.to_vec()),
        _ => Err(Malformed("tile length")),
    }
}

/// Adds an entry to the end of a bundle: big-endian u16 length, then the entry. Refuses more than [`MAX_ENTRY`] bytes.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), Malformed> {
    let length = u16::try_from(entry.len()).map_err(|_| Malformed("entry too long"))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// A bundle of 1 to 256 entries, of at most [`MAX_ENTRY`] bytes each.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, Malformed> {
    if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
        return Err(Malformed("number of entries"));
    }
    let mut bundle = Vec::with_capacity(entries.iter().map(|entry| 2 + entry.as_ref().len()).sum());
    entries.iter().try_for_each(|entry| push_entry(&mut bundle, entry.as_ref()))?;
    Ok(bundle)
}

/// The entries of a bundle that must have `width` of them, as views into it.
pub fn decode_bundle(mut bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, Malformed> {
    let mut entries = Vec::with_capacity(usize::from(width.min(TILE_WIDTH)));
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(Malformed("entry length"))?;
        if entries.len() == usize::from(width.min(TILE_WIDTH)) {
            return Err(Malformed("number of entries"));
        }
        entries.push(entry);
        bundle = rest;
    }
    match (bundle, entries.len() == usize::from(width)) {
        ([], true) => Ok(entries),
        ([], false) => Err(Malformed("number of entries")),
        _ => Err(Malformed("entry length")),
    }
}

#[cfg(test)]
#[path = "tlog_tiles_tests.rs"]
mod tests;
