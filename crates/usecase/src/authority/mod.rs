//! Authorities: made under the root, kept ready to issue.

pub mod create;
mod issuer;
mod read;

pub use issuer::Issuers;
pub(crate) use issuer::{Ready, for_devices_of, ready};
pub use read::{certificate, roots};
