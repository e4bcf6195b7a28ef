//! The text form of Prometheus (exposition format 0.0.4), written.

use super::{Family, Kind, Label, Value};
use std::fmt::Write;
use tegata_domain::measure::Distribution;

/// Writes all that have samples.
pub(super) fn write(families: &[Family]) -> String {
    let mut out = String::with_capacity(64 * 1024);
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _into_memory = writeln!(out, "# HELP {0} {1}\n# TYPE {0} {kind}", family.name, family.help);
        for (labels, value) in &family.samples {
            match value {
                Value::Whole(value) => line(&mut out, family.name, labels, None, &value.to_string()),
                Value::Real(value) => line(&mut out, family.name, labels, None, &value.to_string()),
                Value::Spread(spread, unit) => spread_out(&mut out, family.name, labels, (spread, *unit)),
            }
        }
    }
    out
}

fn spread_out(out: &mut String, name: &str, labels: &[Label], (spread, unit): (&Distribution, f64)) {
    let bucket = format!("{name}_bucket");
    let mut below = 0;
    for (bound, count) in spread.bounds.iter().zip(&spread.counts) {
        below += count;
        let bound = scaled(*bound, unit).to_string();
        line(out, &bucket, labels, Some(&bound), &below.to_string());
    }
    line(out, &bucket, labels, Some("+Inf"), &spread.count().to_string());
    line(out, &format!("{name}_sum"), labels, None, &scaled(spread.sum, unit).to_string());
    line(out, &format!("{name}_count"), labels, None, &spread.count().to_string());
}

/// In the unit of the metric, without digits that only stem from the conversion.
fn scaled(value: u64, unit: f64) -> f64 {
    if unit == 1e-9 { value as f64 / 1e9 } else { value as f64 * unit }
}

/// One line. Labels are texts of this program, without anything to escape.
fn line(out: &mut String, name: &str, labels: &[Label], bound: Option<&str>, value: &str) {
    out.push_str(name);
    let bound = bound.map(|bound| ("le", bound));
    for (i, (label, text)) in labels.iter().copied().chain(bound).enumerate() {
        let _into_memory = write!(out, "{}{label}=\"{text}\"", if i == 0 { '{' } else { ',' });
    }
    let end = if labels.is_empty() && bound.is_none() { " " } else { "} " };
    let _into_memory = writeln!(out, "{end}{value}");
}
