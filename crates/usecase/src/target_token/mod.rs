//! Tokens by which devices without a client certificate poll for updates.

mod authenticate;
mod issue;

pub use authenticate::authenticate;
pub use issue::issue;
