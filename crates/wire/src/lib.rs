//! Bytes ↔ structs, a module a specification. No policy: what a value means is decided elsewhere.

pub mod asn1;
pub mod challenge;
pub mod cms;
pub mod crl;
pub mod ddi;
pub mod device_head;
pub mod devid;
pub mod erasure;
pub mod est;
pub mod heartbeat;
pub mod http;
pub mod life;
pub mod pkcs10;
pub mod problem;
pub mod read;
pub mod release;
pub mod signed_note;
pub mod tlog;
pub mod tlog_proof;
pub mod tlog_tiles;
pub mod x509;
