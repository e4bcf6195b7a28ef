//! Statements of erasure: every byte is signed, so there is one way to write each.

use tegata_wire::erasure::{KEYS_MAX, MAX, Statement};

/// A statement.
pub fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(statement) = Statement::parse(text) {
        assert!(text.len() <= MAX && (1..=KEYS_MAX).contains(&statement.keys_destroyed.len()));
        assert_eq!(statement.to_string(), text);
    }
}
