//! The figures of growth as a table, for a terminal and for the docs.

use super::measure::{Cost, Point};
use super::plot::size;
use crate::cpu::Memory;
use crate::statistics::round;
use std::fmt::Write;

/// A kind of request: its name, and its cost at a size.
type Kind = (&'static str, fn(&Point) -> &Cost);

/// All kinds.
const KINDS: [Kind; 5] = [
    ("issue", |p| &p.issue),
    ("poll", |p| &p.poll),
    ("look-up", |p| &p.lookup),
    ("list", |p| &p.list),
    ("search", |p| &p.search),
];

/// The rate of a kind at each size over that at the first. Where bare work was measured beside it, both rates count in
/// it, so that a slower hour of the machine does not look like growth.
pub fn rates(points: &[Point]) -> Vec<(&'static str, Vec<f64>)> {
    let speed = |cost: &Cost| cost.limit_us.unwrap_or(1.0) / cost.server_us;
    let of = |(name, kind): &Kind| {
        let first = points.first().map_or(1.0, |point| speed(kind(point)));
        (*name, points.iter().map(|point| round(speed(kind(point)) / first)).collect())
    };
    KINDS.iter().map(of).collect()
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| value.to_string())
}

fn megabytes(memory: Option<Memory>) -> String {
    let one = |bytes: u64| format!("{:.0}", bytes as f64 / 1e6);
    memory.map_or_else(|| "?".into(), |m| format!("{} ({})", one(m.bytes), one(m.own)))
}

/// Names and cells of all rows.
fn rows(points: &[Point]) -> Vec<(String, Vec<String>)> {
    let row = |name: &str, cell: &dyn Fn(&Point) -> String| (name.to_owned(), points.iter().map(cell).collect());
    let mut rows = vec![
        row("disk a device, bytes", &|p| p.disk_bytes.to_string()),
        row("start, ms", &|p| p.start_ms.to_string()),
        row("memory idle, MB (its own)", &|p| megabytes(p.idle)),
        row("memory under polls, MB (its own)", &|p| megabytes(p.polling)),
        row("devices that poll", &|p| p.polling_devices.to_string()),
    ];
    for (name, kind) in KINDS {
        rows.push(row(&format!("{name}, µs of CPU"), &|p| kind(p).server_us.to_string()));
        if points.iter().any(|p| kind(p).ratio.is_some()) {
            rows.push(row(&format!("{name}, ratio to its limit"), &|p| {
                let range = kind(p).ratio_range.map_or_else(String::new, |[low, high]| format!(" ({low}–{high})"));
                format!("{}{range}", shown(kind(p).ratio))
            }));
        }
        rows.push(row(&format!("{name}, a second on the wall"), &|p| kind(p).per_second.to_string()));
    }
    for (name, rates) in rates(points) {
        rows.push((format!("{name}, rate beside the smallest store"), rates.iter().map(f64::to_string).collect()));
    }
    let pages = points.first().map(|point| &*point.pages).unwrap_or_default();
    for (at, page) in pages.iter().enumerate() {
        rows.push(row(&format!("page {}, ms: half, 99 of 100", page.path), &|p| {
            p.pages.get(at).map_or_else(|| "–".into(), |page| format!("{}, {}", page.p50_ms, page.p99_ms))
        }));
    }
    rows
}

/// For a terminal.
pub fn plain(points: &[Point]) -> String {
    let mut out = format!("{:<58}", "devices");
    for point in points {
        let _never_fails = write!(out, "{:>24}", size(point.devices));
    }
    for (name, cells) in rows(points) {
        let _never_fails = write!(out, "\n{name:<58}");
        for cell in cells {
            let _never_fails = write!(out, "{cell:>24}");
        }
    }
    out + "\n"
}

/// For the docs.
pub fn markdown(points: &[Point]) -> String {
    let head: Vec<String> = points.iter().map(|point| format!(" {} ", size(point.devices))).collect();
    let mut out = format!("| devices |{}|\n|---|{}\n", head.join("|"), "--:|".repeat(points.len()));
    for (name, cells) in rows(points) {
        let _never_fails = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }
    out
}
