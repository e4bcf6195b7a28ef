//! Releases: published by makers, fetched by devices, and what devices run.

mod artifact;
mod checked;
mod kept;
mod key;
mod metadata;
mod publish;
mod read;
pub mod running;
mod standing;
mod sweep;

pub use artifact::{Content, artifact, content, module};
pub use checked::Bodies;
pub use kept::Releases;
pub(crate) use kept::{FIRMWARE, by_row};
pub use key::{end, fingerprint, keys, register};
pub use metadata::metadata;
pub use publish::{Asked, Upload, publish, upload};
pub(crate) use read::product_of;
pub use read::{Published, by_uid, by_uid_with_product, list, list_with_products};
pub use standing::{Standing, standing};
pub use sweep::sweep;
