//! One plot: its lines as SVG paths, and the same in a table.
//!
//! Invariant: what the lines show stands in the table too, five minutes a row.

use super::Moment;
use crate::sentence::plain;
use crate::texts::Dates;
use std::fmt::Write;
use std::time::Duration;
use tegata_domain::time::Timestamp;

/// What of the drawing, 400 by 176, the lines have.
const LEFT: f32 = 44.0;
const RIGHT: f32 = 316.0;
const TOP: f32 = 10.0;
const BOTTOM: f32 = 150.0;
/// What the width may show, in minutes: the least of them that holds all moments, so that a server that has just begun
/// shows lines too. The quarter of each is whole.
const SPANS: [u64; 6] = [4, 8, 12, 20, 40, 60];
/// Minutes of a row of the table.
const ROW: u64 = 5;
/// Least distance between two names, so that both can be read.
const APART: f32 = 15.0;

/// What a line shows.
pub(super) struct Series<'a> {
    /// Its name, beside its end.
    pub name: &'a str,
    /// Its value at a moment, if there is one.
    pub value: &'a dyn Fn(&Moment) -> Option<f32>,
}

/// A line as it is drawn.
pub(super) struct Line {
    pub class: &'static str,
    pub name: String,
    pub path: String,
    /// Moments between two gaps.
    pub dots: String,
    /// Where its name stands.
    pub y: String,
}

/// A mark on an axis: where, and what it says.
pub(super) struct Mark {
    pub at: String,
    pub label: String,
}

/// A row of the table: its time, then mean and highest of every series.
pub(super) struct Row {
    pub time: String,
    pub values: Vec<String>,
}

/// One plot.
pub(super) struct Plot {
    pub id: &'static str,
    pub title: String,
    /// The latest value with its unit.
    pub now: String,
    /// The highest of the hour with its unit.
    pub highest: String,
    pub lines: Vec<Line>,
    pub heights: Vec<Mark>,
    pub times: Vec<Mark>,
    pub names: Vec<String>,
    pub rows: Vec<Row>,
}

/// A figure with as many digits as tell something, thousands set apart.
pub(super) fn digits(value: f32) -> String {
    let text = match value.abs() {
        0.0 => "0".to_owned(),
        v if v < 0.01 => return "< 0.01".to_owned(),
        v if v < 9.995 => format!("{value:.2}"),
        v if v < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let whole = text.split('.').next().unwrap_or_default().len();
    let mut out = String::with_capacity(text.len() + 4);
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i < whole && (whole - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The next round figure that is not below `value`; half of it is one too.
fn above(value: f32) -> f32 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f32.powf(value.log10().floor());
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|bound| *bound >= value)
        .unwrap_or(10.0 * power)
}

/// Only as exact as a screen shows.
fn number(value: f32) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

impl Plot {
    /// `id`, title, unit (`{value}` in it) and least height of a plot, with its series.
    pub(super) fn new(
        dates: &Dates,
        (id, title, unit, least): (&'static str, &str, &str, f32),
        hour: &[Moment],
        series: &[Series<'_>],
    ) -> Self {
        let values = |s: &Series<'_>| hour.iter().filter_map(|m| (s.value)(m)).fold(0.0, f32::max);
        let top = above(series.iter().map(values).fold(least, f32::max));
        let with_unit =
            |value: Option<f32>| value.map_or_else(|| "–".to_owned(), |v| plain(unit, &[("value", &digits(v))]));
        let first = &series[0];
        let shown = |hour: &[Moment]| hour.iter().filter_map(|m| (first.value)(m)).reduce(f32::max);
        let end = hour.last().map(|m| m.at);
        let span = span(hour);
        Plot {
            id,
            title: title.to_owned(),
            now: with_unit(hour.last().and_then(|m| (first.value)(m))),
            highest: with_unit(shown(hour)),
            lines: lines(hour, span, series, top),
            heights: [0.0, 0.5, 1.0].map(|share| Mark { at: number(height(share)), label: digits(share * top) }).into(),
            times: end.map_or_else(Vec::new, |end| times(dates, end, span)),
            names: series.iter().map(|s| s.name.to_owned()).collect(),
            rows: end.map_or_else(Vec::new, |end| rows(dates, end, hour, series)),
        }
    }
}

fn height(share: f32) -> f32 {
    BOTTOM - share * (BOTTOM - TOP)
}

/// How much of the hour is drawn.
fn span(hour: &[Moment]) -> Duration {
    let all = hour.first().zip(hour.last()).map_or(Duration::ZERO, |(first, last)| last.at.since(first.at));
    let spans = SPANS.map(|minutes| Duration::from_secs(60 * minutes));
    spans.into_iter().find(|span| *span >= all).unwrap_or(spans[SPANS.len() - 1])
}

fn across(at: Timestamp, end: Timestamp, span: Duration) -> f32 {
    RIGHT - end.since(at).as_secs_f32() / span.as_secs_f32() * (RIGHT - LEFT)
}

/// A line through all moments that have a value; one that has none on either side is a dot. Answers both, and the height
/// of the last moment.
fn drawn(points: &[Option<(f32, f32)>]) -> Option<(String, String, f32)> {
    let (mut path, mut dots, mut end) = (String::new(), String::new(), None);
    let at = |i: Option<usize>| i.and_then(|i| points.get(i).copied().flatten());
    for (i, point) in points.iter().enumerate() {
        let Some((x, y)) = *point else { continue };
        let (before, after) = (at(i.checked_sub(1)), at(Some(i + 1)));
        let (shown_x, shown_y) = (number(x), number(y));
        let _into_memory = match (before, after) {
            (None, None) => write!(dots, "M{shown_x} {shown_y}h0"),
            (None, _) => write!(path, "M{shown_x} {shown_y}"),
            (Some(_), _) => write!(path, "L{shown_x} {shown_y}"),
        };
        end = Some(y);
    }
    end.map(|y| (path, dots, y))
}

fn lines(hour: &[Moment], span: Duration, series: &[Series<'_>], top: f32) -> Vec<Line> {
    let Some(last) = hour.last() else { return Vec::new() };
    // Drawn from the last to the first, so that the first lies on top.
    let mut lines: Vec<(Line, f32)> = Vec::new();
    for (i, s) in series.iter().enumerate().rev() {
        let point = |m: &Moment| Some((across(m.at, last.at, span), height((s.value)(m)? / top)));
        let points: Vec<_> = hour.iter().filter(|m| last.at.since(m.at) <= span).map(point).collect();
        if let Some((path, dots, y)) = drawn(&points) {
            let class = if i == 0 { "line present" } else { "line" };
            lines.push((Line { class, name: s.name.to_owned(), path, dots, y: String::new() }, y));
        }
    }
    spread(&mut lines);
    lines.into_iter().map(|(line, y)| Line { y: number(y + 4.0), ..line }).collect()
}

/// Keeps two names from lying on one another; there are two at most.
fn spread(lines: &mut [(Line, f32)]) {
    let [(_, a), (_, b)] = lines else { return };
    let (lower, upper) = if *a >= *b { (a, b) } else { (b, a) };
    if *lower - *upper < APART {
        *lower = (*upper + APART).min(BOTTOM);
        *upper = *lower - APART;
    }
}

fn times(dates: &Dates, end: Timestamp, span: Duration) -> Vec<Mark> {
    let mark = |quarters| {
        let at = end.minus(span / 4 * quarters);
        Mark { at: number(across(at, end, span)), label: dates.clock(at) }
    };
    (0..=4).rev().map(mark).collect()
}

fn rows(dates: &Dates, end: Timestamp, hour: &[Moment], series: &[Series<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for i in 0..60 / ROW {
        let until = end.minus(Duration::from_secs(60 * ROW * i));
        let from = until.minus(Duration::from_secs(60 * ROW));
        let within: Vec<_> = hour.iter().filter(|m| from < m.at && m.at <= until).collect();
        if within.is_empty() {
            break;
        }
        let mut values = Vec::with_capacity(series.len() * 2);
        for s in series {
            let known: Vec<f32> = within.iter().filter_map(|m| (s.value)(m)).collect();
            let mean = (!known.is_empty()).then(|| known.iter().sum::<f32>() / known.len() as f32);
            let shown = |value: Option<f32>| value.map_or_else(|| "–".to_owned(), digits);
            values.extend([shown(mean), shown(known.into_iter().reduce(f32::max))]);
        }
        rows.push(Row { time: dates.clock(until), values });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_say_no_more_than_is_known() {
        let cases = [
            (0.0, "0"),
            (0.004, "< 0.01"),
            (0.5, "0.5"),
            (1.0, "1"),
            (3.456, "3.46"),
            (12.34, "12.3"),
            (99.96, "100"),
            (1234.5, "1,234"),
            (1_204_318.0, "1,204,318"),
        ];
        for (value, text) in cases {
            assert_eq!(digits(value), text, "{value}");
        }
    }

    #[test]
    fn axes_end_at_round_figures() {
        for (value, bound) in [(0.0, 1.0), (0.033, 0.04), (1.0, 1.0), (1.1, 2.0), (37.0, 40.0), (601.0, 800.0)] {
            assert!((above(value) - bound).abs() < bound * 1e-4, "{value}: {}", above(value));
        }
    }

    #[test]
    fn a_moment_between_two_gaps_is_a_dot() {
        let points = [Some((0.0, 1.0)), None, Some((2.0, 3.0)), Some((4.0, 5.0)), None, None, Some((6.0, 7.0))];
        let (path, dots, end) = drawn(&points).unwrap();
        assert_eq!((path.as_str(), dots.as_str(), end), ("M2 3L4 5", "M0 1h0M6 7h0", 7.0));
        assert_eq!(drawn(&[None, None]), None);
    }

    #[test]
    fn names_keep_apart() {
        let none = String::new;
        let line = |y| (Line { class: "", name: none(), path: none(), dots: none(), y: none() }, y);
        for (a, b) in [(20.0, 25.0), (150.0, 149.0), (60.0, 60.0)] {
            let mut lines = [line(a), line(b)];
            spread(&mut lines);
            assert!((lines[0].1 - lines[1].1).abs() >= APART && lines.iter().all(|l| l.1 <= BOTTOM), "{a} {b}");
        }
    }
}
