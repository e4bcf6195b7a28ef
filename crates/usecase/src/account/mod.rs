//! One's own account.

pub mod factor;
mod language;
pub mod passkey;
mod password;

pub use language::speak;
pub(crate) use password::hashed;
pub use password::{change, check};
