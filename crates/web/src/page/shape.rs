//! Shapes that stand beside words and figures: badges and bars.
//!
//! Invariant: what a shape shows stands in words beside it, too.

use crate::sentence::{Sentence, rendered};
use askama::Template;

/// Width of a bar in the units of its drawing.
const WIDTH: u64 = 1000;

#[derive(Template)]
#[template(path = "part/badge.html")]
struct Badge<'a> {
    tone: &'a str,
    icon: &'a str,
    word: &'a str,
}

/// A word with its shape: tone (`well`, `wait`, `stop`, `quiet`), drawing, word.
pub(super) fn badge((tone, icon, word): (&str, &str, &str)) -> Sentence {
    rendered(&Badge { tone, icon, word })
}

#[derive(Template)]
#[template(path = "part/bar.html")]
struct Bar {
    tall: bool,
    part: u64,
    way: u64,
    limit: Option<u64>,
}

fn of_width(value: u64, all: u64) -> u64 {
    (value.min(all) * WIDTH + all / 2).checked_div(all).unwrap_or(0)
}

fn shares((part, way): (u64, u64), all: u64) -> (u64, u64) {
    let part = of_width(part, all);
    (part, of_width(way, all).min(WIDTH - part))
}

/// A bar of what is done and what is on the way, of all.
pub(super) fn bar(done_and_way: (u64, u64), all: u64) -> Sentence {
    let (part, way) = shares(done_and_way, all);
    rendered(&Bar { tall: false, part, way, limit: None })
}

/// The same, taller.
pub(super) fn tall_bar(done_and_way: (u64, u64), all: u64) -> Sentence {
    let (part, way) = shares(done_and_way, all);
    rendered(&Bar { tall: true, part, way, limit: None })
}

/// A bar of a value that runs against its limit, which stands at ten elevenths.
pub(super) fn against(value: f64, limit: f64) -> Sentence {
    let part = if limit > 0.0 { (value / limit * WIDTH as f64 / 1.1).clamp(0.0, WIDTH as f64) as u64 } else { 0 };
    rendered(&Bar { tall: false, part, way: 0, limit: Some(WIDTH * 10 / 11) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_within_their_width() {
        assert_eq!((of_width(0, 0), of_width(1, 3), of_width(9, 3)), (0, 333, 1000));
        assert_eq!(shares((2, 5), 4), (500, 500));
        assert!(against(4.0, 2.0).html().contains("width=\"1000\" height=\"10\"/><path class=\"limit\""));
        assert!(against(1.0, 0.0).html().contains("class=\"part\" width=\"0\""));
    }
}
