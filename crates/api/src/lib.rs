//! JSON API: bearer token, RFC 9457 problems, cursor paging. One file an operation.

pub mod audit;
pub mod batch;
mod body;
mod caller;
pub mod campaign;
pub mod certificate;
pub mod device;
pub mod export;
pub mod finding;
pub mod invitation;
pub mod notice;
pub mod openapi;
pub mod organisation;
pub mod page;
pub mod product;
pub mod release;
pub mod report;
pub mod scan;
mod status;
pub mod token;
pub mod transfer;

pub use status::Status;

/// The longest JSON body.
pub const BODY_MAX: usize = 64 * 1024;
