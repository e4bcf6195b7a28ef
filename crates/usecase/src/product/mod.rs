//! Products.

mod read;
mod register;

pub use read::{by_uid, list};
pub use register::register;
