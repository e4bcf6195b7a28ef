//! Cursors of lists: a row under the permutation of the management numbers, so that no volume can be read from them.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::number::Number;

/// The cursor that goes on after `row`.
pub fn encode(row: i64, cx: &Inner) -> Result<String> {
    let number = cx.numbers.number(row).ok_or_else(|| Error::internal("no number key"))?;
    Ok(number.to_string().replace('-', ""))
}

/// The row that a list goes on after; 0 for the begin.
pub fn decode(cursor: Option<&str>, cx: &Inner) -> Result<i64> {
    let Some(text) = cursor else { return Ok(0) };
    let row = Number::parse(text).ok().and_then(|number| cx.numbers.row(number));
    row.ok_or_else(|| Error::invalid("cursor", "this cursor is not one that a list gave; begin without one"))
}
