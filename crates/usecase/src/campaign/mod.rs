//! Campaigns: a release for many devices, group after group.

mod act;
mod create;
mod fill;
mod read;
mod run;

pub use act::{Act, act};
pub use create::{Asked, create};
pub use fill::Surveys;
pub use read::{Progress, actions, by_uid, list};
pub use run::turn;
