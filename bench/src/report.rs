//! What a work comes to: one object, or a line of a table.

use crate::machine;
use crate::statistics::round;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The result of one work.
pub struct Report {
    /// Its name.
    pub work: &'static str,
    /// What was reached, in `unit`.
    pub rate: f64,
    /// What the bare work reaches, in the same unit and the same run.
    pub limit: f64,
    /// Of rate and limit.
    pub unit: &'static str,
    /// The ratio to reach (design §10).
    pub reach: f64,
    /// Ratio of each round, to show the noise.
    pub rounds: Vec<f64>,
    /// What explains it: an object.
    pub explains: Value,
    /// The same for people: name and value.
    pub lines: Vec<(String, String)>,
}

impl Report {
    fn ratio(&self) -> f64 {
        if self.limit > 0.0 { round(self.rate / self.limit) } else { 0.0 }
    }

    fn fields(&self) -> Map<String, Value> {
        let mut rounds = self.rounds.clone();
        rounds.sort_by(f64::total_cmp);
        let head = json!({
            "work": self.work,
            "rate": self.rate,
            "limit": self.limit,
            "ratio": self.ratio(),
            "unit": self.unit,
            "reach": self.reach,
            "rounds": {
                "count": rounds.len(),
                "ratio_low": rounds.first().copied().map(round),
                "ratio_median": rounds.get(rounds.len() / 2).copied().map(round),
                "ratio_high": rounds.last().copied().map(round),
            },
        });
        let (Value::Object(mut fields), Value::Object(more)) = (head, self.explains.clone()) else { return Map::new() };
        fields.extend(more);
        fields
    }

    /// One object, with the machine.
    pub fn object(&self) -> Value {
        let mut fields = self.fields();
        fields.insert("machine".into(), machine::describe());
        Value::Object(fields)
    }
}

/// One object of several works: first all ratios beside what is to be reached.
pub fn objects(reports: &[Report]) -> Value {
    let works: Vec<Value> = reports.iter().map(|report| Value::Object(report.fields())).collect();
    let ratio = |report: &Report| {
        let (ratio, reach) = (report.ratio(), report.reach);
        (report.work.to_owned(), json!({ "ratio": ratio, "reach": reach, "reached": ratio >= reach }))
    };
    let ratios: Map<String, Value> = reports.iter().map(ratio).collect();
    json!({ "ratios": ratios, "works": works, "machine": machine::describe() })
}

/// For people.
pub fn table(reports: &[Report]) -> String {
    let mut out = String::new();
    for report in reports {
        let Report { work, rate, limit, unit, reach, .. } = report;
        let ratio = report.ratio();
        let _never_fails = writeln!(out, "{work:<8}{ratio:>7.3} of the limit (to reach: {reach})");
        let _never_fails = writeln!(out, "        {rate:>10.0} {unit}");
        let _never_fails = writeln!(out, "        {limit:>10.0} limit");
        for (name, value) in &report.lines {
            let _never_fails = writeln!(out, "        {name:<34} {value}");
        }
    }
    let machine = machine::describe();
    let text = |name: &str| machine[name].as_str().unwrap_or("?").to_owned();
    let (cpu, kernel, rustc, cores) = (text("cpu"), text("kernel"), text("rustc"), &machine["cores"]);
    let _never_fails = writeln!(out, "{cpu}, {cores} cores, Linux {kernel}, {rustc}");
    out
}
