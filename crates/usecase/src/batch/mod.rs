//! Batches.

mod open;
mod read;

pub use open::open;
pub use read::{Seen, by_uid, list, list_with_products};
pub use tegata_store::station::Station;
