//! Cursors of lists: a row under a permutation of their own, so that neither a volume nor a management number can be read
//! from them.

use crate::number::{Number, Permutations};

/// The cursor that goes on after `row`; `None` where no key is in force for it.
pub fn write(row: i64, keys: &Permutations) -> Option<String> {
    Some(keys.number(row)?.to_string().replace('-', ""))
}

/// The row that a list goes on after, if this is a cursor that it gave.
pub fn read(text: &str, keys: &Permutations) -> Option<i64> {
    keys.row(Number::parse(text).ok()?)
}
