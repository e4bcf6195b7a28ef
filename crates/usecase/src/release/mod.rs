//! Releases: published by makers, fetched by devices, and what devices run.

mod artifact;
pub mod running;

pub use artifact::{artifact, module};
