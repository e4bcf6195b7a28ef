//! Answers of devices that were asked to sign: every byte is signed, so there is one way to write each.

use tegata_wire::challenge::{MAX, Statement};

/// A statement.
pub fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(statement) = Statement::parse(text) {
        assert!(text.len() <= MAX);
        assert_eq!(statement.to_string(), text);
    }
}
