//! Revocation, and the lists that tell of it.

mod publish;
mod read;
mod revoke;

pub use publish::{publish, publish_due};
pub use read::crl;
pub(crate) use revoke::end_all;
pub use revoke::revoke;
