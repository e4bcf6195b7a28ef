//! Organisations.

pub mod create;
mod read;

pub use create::{Created, NewOrganisation, create};
pub use read::{list, own};
