//! Cursors of lists: a row under a permutation of their own, so that neither a volume nor a management number can be read from them.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::number::Number;

/// The cursor that goes on after `row`.
pub fn encode(row: i64, cx: &Inner) -> Result<String> {
    let number = cx.cursors.number(row).ok_or_else(|| Error::internal("no cursor key"))?;
    Ok(number.to_string().replace('-', ""))
}

/// The row that a list goes on after; 0 for the begin.
pub fn decode(cursor: Option<&str>, cx: &Inner) -> Result<i64> {
    let Some(text) = cursor else { return Ok(0) };
    let row = Number::parse(text).ok().and_then(|number| cx.cursors.row(number));
    row.ok_or_else(|| Error::invalid("cursor", "this cursor is not one that a list gave; begin without one"))
}
