//! The form that asks for a number; on the front page and wherever a number is to be tried again.

use super::Place;

/// Longest text that is shown back; a number has 19 characters.
const TYPED: usize = 40;

/// The form, as pages carry it.
pub(super) struct Ask {
    /// What it starts with.
    pub value: String,
    /// The language that the reader chose, to be kept.
    pub lang: Option<&'static str>,
}

impl Ask {
    /// A form that starts with `value`.
    pub fn new(place: &Place<'_>, value: &str) -> Self {
        Ask { value: shortened(value), lang: place.chosen().map(|l| l.tag()) }
    }
}

/// What somebody typed, at a length that a page can bear.
pub(super) fn shortened(typed: &str) -> String {
    let mut out: String = typed.trim().chars().filter(|c| !c.is_control()).take(TYPED).collect();
    if typed.trim().chars().count() > TYPED {
        out.push('…');
    }
    out
}
