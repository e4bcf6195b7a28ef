//! Takes queued leaves into the logs and publishes checkpoints, at most five a second.

use crate::{turn, wake_or};
use std::time::Duration;
use tegata_domain::ledger::Log;
use tegata_usecase::{Cx, ledger};

/// Least time between two checkpoints of a log.
const PACE: Duration = Duration::from_millis(200);
/// Longest time between two looks at the queue.
const LOOK: Duration = Duration::from_secs(5);

pub(crate) async fn run(cx: Cx) {
    loop {
        let span = tracing::trace_span!(target: "tegata::trace", parent: None, "sequence");
        // traced requests whose leaves this round takes in; they end with it
        let served = cx.store.uncovered();
        served.iter().for_each(|request| {
            span.follows_from(request);
        });
        for log in Log::ALL {
            let work = ledger::sequence(log, &cx);
            if let Err(error) = turn::within(&turn::LEDGER, &cx, span.clone(), work).await {
                tracing::error!(%error, cause = ?error.source, log = log.name(), "sequencing failed; tried again");
            }
        }
        drop((served, span));
        tokio::time::sleep(PACE).await;
        wake_or(cx.store.queued().notified(), LOOK).await;
    }
}
