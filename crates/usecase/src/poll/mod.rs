//! Polls with nothing to do, answered from memory: what the device was told last holds while nothing of it changed.
//!
//! Invariant: an answer from memory is one that the store would have led to at a moment after the request began. The
//! versions of device and certificate are noted before the store is read for it, and compared whenever it is given
//! (ADR 17).

mod keep;
mod known;
mod memory;

pub use crate::memory::Counts;
pub use keep::{Ticket, begin, keep};
pub use known::{Known, known};
pub use memory::Memory;

use crate::peer::Shown;
use bytes::Bytes;
use tegata_domain::number::Number;

/// A poll: everything that its answer depends on, besides the device.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The number in the address.
    pub number: Number,
    /// The tenant in the address.
    pub tenant: &'a str,
    /// The host that the client named; empty where it named none.
    pub authority: &'a str,
    /// The credential.
    pub shown: Shown,
}

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its entity tag.
    pub tag: Bytes,
    /// Its body.
    pub body: Bytes,
}
