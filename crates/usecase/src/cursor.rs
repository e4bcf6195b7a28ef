//! Cursors of lists, under the platform's own key.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::cursor;

/// The cursor that goes on after `row`.
pub fn encode(row: i64, cx: &Inner) -> Result<String> {
    cursor::write(row, &cx.cursors).ok_or_else(|| Error::internal("no cursor key"))
}

/// The row that a list goes on after; 0 for the begin.
pub fn decode(cursor: Option<&str>, cx: &Inner) -> Result<i64> {
    let Some(text) = cursor else { return Ok(0) };
    let row = cursor::read(text, &cx.cursors);
    row.ok_or_else(|| Error::invalid("cursor", "this cursor is not one that a list gave; begin without one"))
}
