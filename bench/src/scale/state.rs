//! How far a fill is, in a file beside the store, so that one that was killed goes on.
//!
//! Invariant: an index, and with it a serial and a key, is given to one device at most: the file moves past a block's
//! indices before the block begins. What a killed block left in the store stays there, and does not count.

use super::measure::Point;
use crate::Failure;
use crate::ground::write_whole;
use serde::{Deserialize, Serialize};
use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use tegata::clock::SystemChance;
use tegata_domain::chance;

/// Devices in a row: in the store, and in the order they were made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Block {
    /// Row of the first.
    pub row: i64,
    /// Index of the first.
    pub index: u64,
    /// How many.
    pub count: u64,
}

/// How far it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(skip)]
    path: PathBuf,
    /// What keys are drawn from.
    pub seed: [u8; 32],
    /// The next index.
    pub next: u64,
    /// Devices that are whole.
    pub done: u64,
    /// Those of them that came through the use case, with a request that was checked.
    pub checked: u64,
    /// The others, where they stand.
    pub blocks: Vec<Block>,
    /// Devices that measurements made.
    pub issued: u64,
    /// Time of all fills, in milliseconds.
    pub took: u64,
    /// Bytes of the folder before the fill.
    pub base: Option<u64>,
    /// Devices at most that killed runs left unfinished.
    pub left: u64,
    /// Set while a block is under way.
    pub under_way: u64,
    /// What was measured.
    pub point: Option<Point>,
}

impl State {
    /// Of a folder.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("fill.json");
        if !path.exists() {
            let seed = chance::bytes(&SystemChance);
            return Ok(State { path, seed, ..State::default() });
        }
        let mut state = State { path: path.clone(), ..serde_json::from_str(&read_to_string(&path)?)? };
        state.left += std::mem::take(&mut state.under_way);
        Ok(state)
    }

    /// Keeps it.
    pub fn save(&self) -> Result<(), Failure> {
        write_whole(&self.path, &serde_json::to_string(self)?)
    }

    /// The device at a place among all in blocks: row and index.
    pub fn at(&self, mut place: u64) -> Option<(i64, u64)> {
        for block in &self.blocks {
            if place < block.count {
                return Some((block.row + place as i64, block.index + place));
            }
            place -= block.count;
        }
        None
    }

    /// Devices in blocks.
    pub fn placed(&self) -> u64 {
        self.blocks.iter().map(|block| block.count).sum()
    }
}

/// The serial of an index.
pub fn serial(index: u64) -> String {
    format!("F-{index:09}")
}
