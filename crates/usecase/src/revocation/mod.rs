//! Revocation, and the lists that tell of it.

mod publish;
mod read;
mod revoke;

pub use publish::{publish, publish_due};
pub use read::crl;
pub use revoke::revoke;
pub(crate) use revoke::shard;
