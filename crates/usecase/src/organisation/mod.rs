//! Organisations.

pub mod create;
mod demand;
mod read;

pub use create::{Created, NewOrganisation, create};
pub use demand::demand;
pub use read::{list, own};
