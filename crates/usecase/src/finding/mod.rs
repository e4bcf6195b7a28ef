//! Findings.

mod read;

pub use read::list;
