//! API tokens.

mod authenticate;
pub mod create;
mod end;
mod read;

pub use authenticate::authenticate;
pub(crate) use authenticate::standing;
pub use create::{NewToken, create};
pub use end::end;
pub use read::list;
