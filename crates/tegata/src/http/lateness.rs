//! How late the server is: how long a task waits for its turn on the cores. Past a bound, a part of the requests is
//! refused before any work is done for them.
//!
//! Why beside places: what is answered without a wait, as a look-up, holds its place for microseconds, so places never run
//! out; what queues is connections with a request in them. This measures that queue by standing in it.
//! Invariant: nothing is shed before `STANDING` windows in a row had no wait below `TARGET`.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

/// Standing waits of more than this are too much.
const TARGET: Duration = Duration::from_millis(200);
/// Between two probes.
const EVERY: Duration = Duration::from_millis(10);
/// Probes of so long make one judgement, at least one. The least counts: one long wait is a hiccup, a standing queue
/// makes all wait.
const WINDOW: Duration = Duration::from_millis(100);
/// So many windows in a row make a standing queue: a machine that did something else for a moment has none.
const STANDING: u32 = 5;
/// Steps of the share that is shed, in percent.
const UP: u32 = 10;
const DOWN: u32 = 6;
/// Some always get through, so that the end of it is seen.
const MOST: u32 = 90;

/// How late the server is.
#[derive(Default)]
pub struct Lateness {
    /// Percent of requests that are shed.
    share: AtomicU32,
    /// Requests that were judged while some were shed.
    judged: AtomicU32,
    /// Windows in a row that were late.
    late: AtomicU32,
}

impl Lateness {
    /// Whether to refuse this request.
    pub fn sheds(&self) -> bool {
        let share = self.share.load(Relaxed);
        // 37 and 100 have no common divisor: of a hundred in a row exactly `share` are shed, evenly
        share > 0 && self.judged.fetch_add(1, Relaxed).wrapping_mul(37) % 100 < share
    }

    /// Percent of requests that are shed at present.
    pub fn share(&self) -> u32 {
        self.share.load(Relaxed)
    }

    fn judge(&self, least: Duration) {
        let share = self.share();
        let late = if least > TARGET { self.late.load(Relaxed).saturating_add(1) } else { 0 };
        let next = match late {
            0 => share.saturating_sub(DOWN),
            late if late < STANDING => share,
            _ => (share + UP).min(MOST),
        };
        self.late.store(late, Relaxed);
        self.share.store(next, Relaxed);
    }

    /// Judges for as long as it is let.
    pub async fn watch(self: Arc<Self>) {
        let mut probe = match Probe::start() {
            Ok(probe) => probe,
            Err(error) => return tracing::warn!(%error, "nobody measures how late requests are; none is shed for it"),
        };
        loop {
            let (begin, mut least) = (Instant::now(), Duration::MAX);
            while begin.elapsed() < WINDOW {
                let Some(waited) = probe.next().await else { return };
                least = least.min(waited);
            }
            self.judge(least);
        }
    }
}

/// A byte that a thread of its own writes, and that is read as any request is: what tasks tell each other takes shorter
/// ways through the runtime than what comes from outside.
struct Probe {
    bytes: UnixStream,
    sent: Arc<Mutex<Option<Instant>>>,
}

fn locked(sent: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probe {
    fn start() -> std::io::Result<Probe> {
        let (mut there, here) = std::os::unix::net::UnixStream::pair()?;
        here.set_nonblocking(true)?;
        let probe = Probe { bytes: UnixStream::from_std(here)?, sent: Arc::default() };
        let sent = Arc::clone(&probe.sent);
        let beat = move || {
            loop {
                std::thread::sleep(EVERY);
                let now = Instant::now();
                // one at a time: the next is sent when this one was read
                if locked(&sent).is_none() {
                    *locked(&sent) = Some(now);
                    // the reader has gone, and so does this
                    if there.write_all(&[0]).is_err() {
                        return;
                    }
                }
            }
        };
        std::thread::Builder::new().name("lateness".into()).spawn(beat)?;
        Ok(probe)
    }

    /// How long the next one waited.
    async fn next(&mut self) -> Option<Duration> {
        self.bytes.read_u8().await.ok()?;
        let sent = locked(&self.sent).take();
        Some(sent.map_or(Duration::ZERO, |sent| sent.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_wait_sheds_more_and_more_and_its_end_less_and_less() {
        let lateness = Lateness::default();
        let shed = || (0..100).filter(|_| lateness.sheds()).count();
        lateness.judge(TARGET);
        (1..STANDING).for_each(|_| lateness.judge(TARGET * 2));
        lateness.judge(TARGET);
        (1..STANDING).for_each(|_| lateness.judge(TARGET * 2));
        assert_eq!(shed(), 0, "late for a moment, twice");
        lateness.judge(TARGET * 2);
        lateness.judge(TARGET * 2);
        assert_eq!(shed(), 20);
        (0..20).for_each(|_| lateness.judge(TARGET * 2));
        assert_eq!(shed(), 90, "some get through");
        lateness.judge(Duration::ZERO);
        assert_eq!(shed(), 84);
        (0..30).for_each(|_| lateness.judge(Duration::ZERO));
        assert_eq!(shed(), 0);
    }

    #[tokio::test]
    async fn it_is_late_while_others_keep_the_core_and_no_longer() {
        let lateness = Arc::new(Lateness::default());
        let watch = tokio::spawn(Arc::clone(&lateness).watch());
        while lateness.share() < 2 * UP {
            // a task that holds the only core, as many short ones would
            tokio::spawn(async { std::thread::sleep(TARGET + EVERY) }).await.unwrap();
        }
        while lateness.share() > 0 {
            tokio::time::sleep(EVERY).await;
        }
        watch.abort();
    }
}
