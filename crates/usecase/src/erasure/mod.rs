//! Erasure of what an owner left behind. Commitments stay, so every other proof goes on holding.

mod erase;
mod replay;
mod resume;
mod tombstone;

pub use erase::{Erased, erase};
pub use replay::{Replayed, replay};
pub(crate) use resume::resume;
pub(crate) use tombstone::read as tombstones;
