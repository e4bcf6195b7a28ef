//! The audit.

mod read;

pub use read::{list, newest};
