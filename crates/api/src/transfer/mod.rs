//! Devices change hands.

pub mod cancel;
pub mod claim;
pub mod offer;
