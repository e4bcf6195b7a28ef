//! Use cases: load, permit, decide, save. Every way into the platform passes here, whatever protocol it speaks.

pub mod action;
pub mod audit;
pub mod authority;
pub mod batch;
pub mod campaign;
pub mod certificate;
pub mod cursor;
pub mod cx;
pub mod device;
pub mod disposal;
pub mod enrolment;
pub mod erasure;
pub mod error;
pub mod export;
pub mod finding;
pub mod heartbeat;
pub mod ledger;
pub mod life;
pub mod lookup;
mod memory;
pub mod notice;
pub mod organisation;
pub mod peer;
pub mod platform;
pub mod poll;
pub mod product;
pub mod release;
pub mod revocation;
pub mod seen;
pub mod target_token;
pub mod token;
pub mod transfer;

pub use cx::Cx;
pub use error::{Error, Kind, Result};
