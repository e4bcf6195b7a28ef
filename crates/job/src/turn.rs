//! One turn of a job: how long it takes and whether it goes well, for those who watch.
//!
//! Invariant: a job that hangs or fails shows, since only a turn that went well moves its time.

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use tegata_domain::measure::{Counter, Distribution, Histogram, TIMES};
use tegata_usecase::{Cx, Result};
use tracing::{Instrument, Span};

/// What a job did since the start.
pub struct Job {
    /// Its name: that of its file.
    pub name: &'static str,
    took: Histogram,
    failures: Counter,
    /// Milliseconds since 1970; 0 before the first.
    success: AtomicI64,
}

impl Job {
    const fn new(name: &'static str) -> Self {
        Job { name, took: Histogram::new(TIMES), failures: Counter::new(), success: AtomicI64::new(0) }
    }

    /// How long its turns took, in nanoseconds.
    pub fn took(&self) -> Distribution {
        self.took.read()
    }

    /// Turns that failed.
    pub fn failures(&self) -> u64 {
        self.failures.read()
    }

    /// When a turn ended well last, in milliseconds since 1970; `None` before the first.
    pub fn success(&self) -> Option<i64> {
        Some(self.success.load(Relaxed)).filter(|at| *at > 0)
    }
}

pub(crate) static BULK: Job = Job::new("bulk_run");
pub(crate) static CAMPAIGN: Job = Job::new("campaign_run");
pub(crate) static CONFIRM: Job = Job::new("confirm_expire");
pub(crate) static CRL: Job = Job::new("crl_publish");
pub(crate) static LEDGER: Job = Job::new("ledger_sequence");
pub(crate) static LOGIN: Job = Job::new("login_sweep");
pub(crate) static NOTICE: Job = Job::new("notice_send");
pub(crate) static SCAN: Job = Job::new("scan_flush");
pub(crate) static SEEN: Job = Job::new("seen_flush");
pub(crate) static TALLY: Job = Job::new("tally_day");

/// All jobs.
pub static JOBS: [&Job; 10] = [&BULK, &CAMPAIGN, &CONFIRM, &CRL, &LEDGER, &LOGIN, &NOTICE, &SCAN, &SEEN, &TALLY];

/// Runs one turn.
pub(crate) async fn turn<T>(job: &Job, cx: &Cx, work: impl Future<Output = Result<T>>) -> Result<T> {
    let span = tracing::trace_span!(target: "tegata::trace", parent: None, "job", otel.name = job.name);
    within(job, cx, span, work).await
}

/// The same, inside a span of the caller's.
pub(crate) async fn within<T>(job: &Job, cx: &Cx, span: Span, work: impl Future<Output = Result<T>>) -> Result<T> {
    let start = tokio::time::Instant::now();
    let outcome = work.instrument(span).await;
    job.took.time(start.elapsed());
    match (&outcome, cx.clock.now()) {
        (Ok(_), Ok(now)) => job.success.store(now.millis(), Relaxed),
        (Ok(_), Err(_)) => {}
        (Err(_), _) => job.failures.one(),
    }
    outcome
}
