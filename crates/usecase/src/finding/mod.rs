//! Findings.

mod close;
mod read;

pub use close::close;
pub use read::{Seen, by_uid, list, of_device};
