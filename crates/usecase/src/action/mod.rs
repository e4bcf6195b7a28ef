//! Actions: what a device asks, says and is told on its way to a release. Every call is of a device that was identified.

mod attributes;
mod change;
mod confirm;
mod feedback;
mod leave;
mod offer;
mod pending;
mod read;
mod remedy;

pub use attributes::{Mode, attributes, attributes_of};
pub use confirm::{AutoConfirm, auto_confirm, auto_confirm_of, confirm};
pub use feedback::{cancel_feedback, feedback};
pub(crate) use leave::leave;
pub use offer::{cancelling, confirming, offer};
pub use pending::{Pending, pending};
pub use read::{history, installed};
pub use remedy::remedy;
