//! Releases: published by makers, fetched by devices, and what devices run.

mod artifact;
mod kept;
mod key;
mod metadata;
mod publish;
mod read;
pub mod running;

pub use artifact::{artifact, module};
pub use kept::Releases;
pub(crate) use kept::by_row;
pub use key::{end, keys, register};
pub use metadata::metadata;
pub use publish::{Asked, Upload, publish, upload};
pub(crate) use read::product_of;
pub use read::{Published, by_uid, list};
