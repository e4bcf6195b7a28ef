//! Targets of the crate `wire`: a file a specification, as there.

pub mod challenge;
pub mod cms;
pub mod crl;
pub mod ddi;
pub mod der;
pub mod erasure;
pub mod est;
pub mod heartbeat;
pub mod http;
pub mod life;
pub mod note;
pub mod pkcs10;
pub mod release;
pub mod tlog;
pub mod x509;
