//! Invitations into an organisation: links that work once.

mod accept;
mod create;
mod end;
mod passkey;
mod read;
mod reset;

pub use accept::{Invited, accept, join, shown};
pub use create::{NewInvitation, again, create};
pub use end::end;
pub use passkey::{accept_with, begin_with};
pub use read::{list, list_after};
pub use reset::reset;
