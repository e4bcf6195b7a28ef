//! Machine protocols: wire → use case, result → wire.

pub mod ddi;
pub mod device;
pub mod est;
pub mod pki;
mod status;
pub mod tlog;
