//! Batches.

mod open;
mod read;

pub use open::open;
pub use read::{by_uid, list};
