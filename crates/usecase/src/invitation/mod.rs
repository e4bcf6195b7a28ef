//! Invitations into an organisation: links that work once.

mod accept;
mod create;
mod end;
mod read;

pub use accept::{Invited, accept, join, shown};
pub use create::{NewInvitation, again, create};
pub use end::end;
pub use read::{list, list_after};
