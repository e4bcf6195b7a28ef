//! Releases: published by makers, fetched by devices, and what devices run.

mod artifact;
mod metadata;
pub mod running;

pub use artifact::{artifact, module};
pub use metadata::metadata;
