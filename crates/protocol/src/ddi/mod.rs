//! hawkBit's Direct Device Integration API: update clients poll, fetch what is to be installed, and tell how it went.
//!
//! All resources lie below `/{tenant}/controller/v1/{number}`; the tenant decides nothing. JSON only: CBOR is answered
//! 406 and 415. A device shows its certificate or its token, never both, and sees its own resources alone.

pub mod attributes;
pub mod cancel;
pub mod confirmation;
pub mod deployment;
pub mod download;
mod error;
pub mod feedback;
pub mod poll;
mod reply;
mod request;
mod who;

pub use error::Refusal;
pub use who::Who;

/// The longest body of a request: fifty long messages fit.
pub const BODY_MAX: usize = 64 * 1024;
