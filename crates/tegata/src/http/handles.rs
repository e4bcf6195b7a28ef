//! File handles: how many connections the process may hold at all.
//!
//! Why: where connections take the last handle, the store cannot open a file and nothing works any more. So connections
//! get what is left after the platform's own, and more of them wait in the kernel's queue.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the platform needs for itself: database, log, read connections, files of releases and tiles, calls out.
const OWN: usize = 128;

/// As many connections of `asked` as there are handles for. Raises the process's limit as far as it may.
pub fn connections(asked: usize) -> usize {
    let limit = raise(getrlimit(Resource::Nofile), asked + OWN);
    let room = room(limit, asked);
    if room < asked {
        tracing::warn!(
            asked,
            room,
            handles = limit,
            "fewer connections than limits.connections; raise the limit of file handles (systemd: LimitNOFILE)"
        );
    }
    room
}

/// The soft limit, lifted towards `wanted` under the hard one.
fn raise(limit: Rlimit, wanted: usize) -> usize {
    let wanted = wanted as u64;
    let most = limit.maximum.unwrap_or(u64::MAX);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return usize::try_from(current).unwrap_or(usize::MAX);
    }
    let raised = wanted.min(most);
    let done = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum });
    usize::try_from(if done.is_ok() { raised } else { current }).unwrap_or(usize::MAX)
}

fn room(limit: usize, asked: usize) -> usize {
    // with very few handles half of them each
    asked.min(limit.saturating_sub(OWN).max(limit / 2)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_keeps_its_own() {
        assert_eq!(room(1_000_000, 10_000), 10_000);
        assert_eq!(room(1024, 10_000), 1024 - OWN);
        assert_eq!(room(100, 10_000), 50);
        assert_eq!(room(0, 10), 1);
    }
}
