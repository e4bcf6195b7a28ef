//! What opens a commitment: salt and event.

use tegata_wire::life::{Extra, commitment, leaf};
use tegata_wire::tlog_tiles::MAX_ENTRY;

/// The extra of a proof.
pub fn extra(data: &[u8]) {
    match Extra::decode(data) {
        Ok(extra) => {
            assert!((1..=MAX_ENTRY).contains(&extra.event.len()));
            assert_eq!(extra.encode(), data);
            assert_eq!(extra.leaf(), leaf(&commitment(&extra.salt, &extra.event)));
        }
        Err(_) => assert!(data.len() <= 32 || data.len() > 32 + MAX_ENTRY),
    }
}
