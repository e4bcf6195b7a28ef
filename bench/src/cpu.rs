//! CPU time: of another process, of its committer, of this process, of this thread.

use crate::Failure;
use rustix::time::{ClockId, clock_gettime};
use std::fs::{read_dir, read_to_string};
use std::ops::{AddAssign, Sub};
use std::time::Duration;

/// CPU time of a process since its start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// In its own code.
    pub user: Duration,
    /// In the kernel for it.
    pub system: Duration,
    /// Of both, in the thread named `committer`.
    pub committer: Duration,
}

impl Spent {
    /// User and system.
    pub fn total(&self) -> Duration {
        self.user + self.system
    }
}

impl Sub for Spent {
    type Output = Spent;
    fn sub(self, before: Spent) -> Spent {
        Spent {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
            committer: self.committer.saturating_sub(before.committer),
        }
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, more: Spent) {
        self.user += more.user;
        self.system += more.system;
        self.committer += more.committer;
    }
}

/// What a process has spent. The kernel counts `utime` and `stime` of /proc/PID/stat in ticks, of all its threads,
/// also of those that ended.
pub fn of(pid: u32) -> Result<Spent, Failure> {
    let text = read_to_string(format!("/proc/{pid}/stat"))?;
    // the name in parentheses may hold spaces; utime and stime are fields 14 and 15 (proc(5))
    let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |field: usize| after.split_whitespace().nth(field - 3).and_then(|t| t.parse::<u32>().ok());
    let (Some(user), Some(system)) = (ticks(14), ticks(15)) else { return Err("no times in /proc/PID/stat".into()) };
    let tick = Duration::from_secs(1) / rustix::param::clock_ticks_per_second() as u32;
    Ok(Spent { user: tick * user, system: tick * system, committer: committer(pid).unwrap_or_default() })
}

/// The thread that commits; its time stands in nanoseconds in schedstat.
fn committer(pid: u32) -> Option<Duration> {
    for task in read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let name = read_to_string(task.path().join("comm")).unwrap_or_default();
        if name.trim() == "committer" {
            let text = read_to_string(task.path().join("schedstat")).ok()?;
            return Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?));
        }
    }
    None
}

/// Resident memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Memory {
    /// All of it.
    pub bytes: u64,
    /// Its own, without pages of files that the kernel keeps anyway.
    pub own: u64,
}

impl Memory {
    /// Of a process.
    pub fn of(pid: u32) -> Option<Self> {
        Self::parse(&read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
        };
        Some(Memory { bytes: field("VmRSS")?, own: field("RssAnon")? })
    }
}

/// Resident memory of a process, in bytes.
pub fn memory(pid: u32) -> Option<u64> {
    Memory::of(pid).map(|memory| memory.bytes)
}

fn read(clock: ClockId) -> Duration {
    let t = clock_gettime(clock);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

/// What this thread has spent.
pub fn thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// What this process has spent, all threads.
pub fn own() -> Duration {
    read(ClockId::ProcessCPUTime)
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn memory_in_bytes() {
        let status = "Name:\tx\nVmRSS:\t    120 kB\nRssAnon:\t      20 kB\nRssFile:\t     100 kB\n";
        assert_eq!(Memory::parse(status), Some(Memory { bytes: 120 * 1024, own: 20 * 1024 }));
        assert_eq!(Memory::parse("Name: x"), None);
    }
}
