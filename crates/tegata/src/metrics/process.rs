//! The process as the kernel sees it, under the names that every Prometheus dashboard knows.

use super::Family;
use std::sync::LazyLock;

/// Bytes of memory that are in use now.
pub(super) fn resident() -> u64 {
    status("VmRSS:").unwrap_or(0) * 1024
}

/// A number of `/proc/self/status`.
fn status(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A field of `/proc/self/stat`, counted as proc(5) does; fields before the third hold the program's name.
fn stat(field: usize) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(field - 3)?.parse().ok()
}

/// When the kernel booted, in seconds since 1970.
fn booted() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// Seconds of CPU time, user and kernel.
pub(super) fn spent() -> f64 {
    (stat(14).unwrap_or(0) + stat(15).unwrap_or(0)) as f64 / rustix::param::clock_ticks_per_second() as f64
}

fn handles_limit() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

pub(super) fn families() -> Vec<Family> {
    static STARTED: LazyLock<f64> = LazyLock::new(|| {
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        booted().unwrap_or(0.0) + stat(22).unwrap_or(0) as f64 / ticks
    });
    let handles = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as u64;
    let mut seconds = Family::gauge("process_cpu_seconds_total", "CPU time spent, user and kernel", spent());
    seconds.kind = super::Kind::Counter;
    let version = Family::new(super::Kind::Gauge, "tegata_build_info", "The program; always 1");
    vec![
        seconds,
        Family::whole("process_resident_memory_bytes", "Memory in use", resident()),
        Family::whole("process_virtual_memory_bytes", "Memory mapped", status("VmSize:").unwrap_or(0) * 1024),
        Family::whole("process_open_fds", "Open file handles", handles),
        Family::whole("process_max_fds", "How many may be open", handles_limit().unwrap_or(0)),
        Family::whole("process_threads", "Threads", status("Threads:").unwrap_or(0)),
        Family::gauge("process_start_time_seconds", "When the process started", *STARTED),
        version.with(&[("version", env!("CARGO_PKG_VERSION"))], super::Value::Whole(1)),
    ]
}
