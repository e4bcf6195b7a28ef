//! One's own account.

mod language;
mod password;

pub use language::speak;
pub(crate) use password::hashed;
pub use password::{change, check};
