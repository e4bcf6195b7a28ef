//! The public look-up.

mod catalogue;
mod read;

pub use catalogue::Catalogue;
pub(crate) use catalogue::entry;
pub use read::{by_number, model};
