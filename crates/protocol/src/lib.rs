//! Machine protocols: wire → use case, result → wire, [`Kind`](tegata_usecase::Kind) → status.

pub mod est;
pub mod pki;
mod status;
pub mod tlog;
