//! The plot of growth: four small ones beside each other, one scale of sizes under all of them.

use super::measure::Point;
use super::table::rates;
use askama::Template;

const PLOT: (f64, f64) = (300.0, 200.0);
/// Lines of names beside a plot stand so far apart at least.
const APART: f64 = 16.0;

struct Tick {
    at: f64,
    text: String,
}

struct Mark {
    x: f64,
    y: f64,
    text: String,
}

struct Run {
    number: usize,
    name: String,
    points: String,
    marks: Vec<Mark>,
    label: f64,
}

struct Panel {
    left: f64,
    top: f64,
    title: &'static str,
    unit: &'static str,
    ticks: Vec<Tick>,
    bounds: Vec<Tick>,
    runs: Vec<Run>,
}

#[derive(Template)]
#[template(path = "growth.svg", escape = "html")]
struct Growth {
    width: f64,
    height: f64,
    plot_width: f64,
    plot_height: f64,
    title: &'static str,
    about: String,
    machine: String,
    sizes: Vec<Tick>,
    panels: Vec<Panel>,
}

/// What a panel shows.
struct Shown {
    title: &'static str,
    unit: &'static str,
    runs: Vec<(&'static str, Vec<f64>)>,
    bounds: Vec<(f64, String)>,
}

/// A size in words.
pub fn size(devices: u64) -> String {
    match devices {
        n if n >= 1_000_000 && n.is_multiple_of(1_000_000) => format!("{} M", n / 1_000_000),
        n if n >= 1_000 && n.is_multiple_of(1_000) => format!("{} k", n / 1_000),
        n => n.to_string(),
    }
}

/// The place of a size: its logarithm, from the smallest to the largest.
fn across(devices: u64, all: &[Point]) -> f64 {
    let log = |n: u64| (n.max(1) as f64).log10();
    let (first, last) = (all.first().map_or(0.0, |p| log(p.devices)), all.last().map_or(1.0, |p| log(p.devices)));
    match last > first {
        true => tenth((log(devices) - first) / (last - first) * PLOT.0),
        false => PLOT.0 / 2.0,
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A step that gives about four lines, of 1, 2 or 5 times a power of ten.
fn step(most: f64) -> f64 {
    let rough = (most / 4.0).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough).unwrap_or(rough)
}

fn number(value: f64) -> String {
    let digits = if value == 0.0 || value >= 10.0 { 0 } else { 2 };
    let text = format!("{value:.digits$}");
    if digits > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn panel(at: usize, shown: Shown, points: &[Point]) -> Panel {
    let values = shown.runs.iter().flat_map(|(_, values)| values).copied();
    let most = values.chain(shown.bounds.iter().map(|(value, _)| *value)).fold(0.0, f64::max);
    let step = step(most);
    let lines = (most * 1.05 / step).ceil().max(1.0);
    let up = |value: f64| tenth(PLOT.1 - value / (lines * step) * PLOT.1);
    let tick = |i: u32| Tick { at: up(f64::from(i) * step), text: number(f64::from(i) * step) };
    let mut runs: Vec<Run> = shown.runs.into_iter().enumerate().map(|(n, run)| draw(n, run, points, &up)).collect();
    spread(&mut runs);
    Panel {
        left: 70.0 + (at % 2) as f64 * 480.0,
        top: 130.0 + (at / 2) as f64 * 310.0,
        title: shown.title,
        unit: shown.unit,
        ticks: (0..=lines as u32).map(tick).collect(),
        bounds: shown.bounds.into_iter().map(|(value, text)| Tick { at: up(value), text }).collect(),
        runs,
    }
}

fn draw(n: usize, (name, values): (&str, Vec<f64>), points: &[Point], up: &impl Fn(f64) -> f64) -> Run {
    let mark = |(point, value): (&Point, &f64)| Mark {
        x: across(point.devices, points),
        y: up(*value),
        text: format!("{name}, {} devices: {}", size(point.devices), number(*value)),
    };
    let marks: Vec<Mark> = points.iter().zip(&values).map(mark).collect();
    Run {
        number: n,
        name: format!("{name} {}", values.last().map_or_else(String::new, |last| number(*last))),
        points: marks.iter().map(|mark| format!("{},{}", mark.x, mark.y)).collect::<Vec<_>>().join(" "),
        label: marks.last().map_or(0.0, |mark| mark.y),
        marks,
    }
}

/// Moves names apart that would stand on each other, from the top down.
fn spread(runs: &mut [Run]) {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by(|a, b| runs[*a].label.total_cmp(&runs[*b].label));
    let mut least = f64::NEG_INFINITY;
    for i in order {
        runs[i].label = runs[i].label.max(least);
        least = runs[i].label + APART;
    }
}

const MB: f64 = 1e6;

/// The plot, as SVG.
pub fn draw_all(points: &[Point], machine: String) -> Result<String, askama::Error> {
    let of = |f: &dyn Fn(&Point) -> f64| points.iter().map(f).collect::<Vec<f64>>();
    let bytes = |memory: Option<crate::cpu::Memory>| memory.map_or(0.0, |memory| memory.bytes as f64 / MB);
    let shown = [
        Shown {
            title: "Rate beside that of the smallest store",
            unit: "requests per second of CPU; 1 = as fast",
            runs: rates(points),
            bounds: vec![(0.85, "to reach: 0.85".into())],
        },
        Shown {
            title: "Memory of the server",
            unit: "MB, resident",
            runs: vec![("idle", of(&|p| bytes(p.idle))), ("polled", of(&|p| bytes(p.polling)))],
            bounds: vec![(300.0, "idle, at most: 300".into()), (1000.0, "under polls, at most: 1000".into())],
        },
        Shown {
            title: "Start",
            unit: "milliseconds until the server listens",
            runs: vec![("start", of(&|p| p.start_ms))],
            bounds: vec![(1000.0, "at most: 1000".into())],
        },
        Shown {
            title: "Disk",
            unit: "bytes a device: certificate, three events, ledger",
            runs: vec![("disk", of(&|p| p.disk_bytes))],
            bounds: vec![(1600.0, "at most: 1600".into())],
        },
    ];
    let last = points.last().map_or_else(String::new, |point| size(point.devices));
    let growth = Growth {
        width: 960.0,
        height: 720.0,
        plot_width: PLOT.0,
        plot_height: PLOT.1,
        title: "How Tegata grows",
        about: format!(
            "Rates, memory, start and disk of one server, up to {last} devices; the table beside it has the figures."
        ),
        machine,
        sizes: points.iter().map(|p| Tick { at: across(p.devices, points), text: size(p.devices) }).collect(),
        panels: shown.into_iter().enumerate().map(|(at, shown)| panel(at, shown, points)).collect(),
    };
    growth.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_sizes() {
        assert_eq!([0.9, 3.0, 1000.0, 1600.0].map(step), [0.5, 1.0, 500.0, 500.0]);
        assert_eq!([10_000, 1_000_000, 1_234].map(size), ["10 k", "1 M", "1234"]);
        assert_eq!([0.0, 0.25, 0.5, 12.4].map(number), ["0", "0.25", "0.5", "12"]);
    }
}
