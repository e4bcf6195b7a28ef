//! The machine that the figures belong to.

use serde_json::{Value, json};
use std::fs::read_to_string;

fn line(path: &str) -> Option<String> {
    Some(read_to_string(path).ok()?.trim().to_owned())
}

fn processor() -> Option<String> {
    let text = read_to_string("/proc/cpuinfo").ok()?;
    let model = text.lines().find(|line| line.starts_with("model name"))?;
    Some(model.split_once(':')?.1.trim().to_owned())
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Other programs that run make figures worse: the load average of the last minute.
pub fn load() -> Option<f64> {
    line("/proc/loadavg")?.split(' ').next()?.parse().ok()
}

/// Processor, cores, kernel, compiler, load.
pub fn describe() -> Value {
    json!({
        "cpu": processor(),
        "cores": cores(),
        "kernel": line("/proc/sys/kernel/osrelease"),
        "rustc": env!("BENCH_RUSTC"),
        "load_average": load(),
    })
}
