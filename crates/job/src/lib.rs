//! Background work: each file one job, which only calls use cases.

mod bulk_run;
mod campaign_run;
mod confirm_expire;
mod crl_publish;
mod lease_hold;
mod ledger_sequence;
mod login_sweep;
mod notice_send;
mod object_sweep;
mod scan_flush;
mod seen_flush;
mod tally_day;
mod turn;

pub use turn::{JOBS, Job};

use std::future::Future;
use tegata_usecase::Cx;
use tokio::task::JoinSet;

/// Starts all jobs; dropping the set stops them.
pub fn start(cx: &Cx) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    if cx.store.is_shared() {
        jobs.spawn(lease_hold::run(cx.clone()));
    }
    jobs.spawn(ledger_sequence::run(cx.clone()));
    jobs.spawn(crl_publish::run(cx.clone()));
    jobs.spawn(bulk_run::run(cx.clone()));
    jobs.spawn(campaign_run::run(cx.clone()));
    jobs.spawn(confirm_expire::run(cx.clone()));
    jobs.spawn(login_sweep::run(cx.clone()));
    jobs.spawn(notice_send::run(cx.clone()));
    jobs.spawn(object_sweep::run(cx.clone()));
    jobs.spawn(scan_flush::run(cx.clone()));
    jobs.spawn(seen_flush::run(cx.clone()));
    jobs.spawn(tally_day::run(cx.clone()));
    jobs
}

/// Waits until the background work is this node's.
async fn mine(cx: &Cx) {
    while !cx.store.lease().holds() {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

/// Waits for `wake`, but not longer than `span`.
async fn wake_or(wake: impl Future<Output = ()>, span: std::time::Duration) {
    let _either = tokio::time::timeout(span, wake).await;
}
