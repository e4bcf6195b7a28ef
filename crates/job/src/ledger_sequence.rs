//! Takes queued leaves into the logs and publishes checkpoints, at most five a second.

use crate::wake_or;
use std::time::Duration;
use tegata_domain::ledger::Log;
use tegata_usecase::{Cx, ledger};

/// Least time between two checkpoints of a log.
const PACE: Duration = Duration::from_millis(200);
/// Longest time between two looks at the queue.
const LOOK: Duration = Duration::from_secs(5);

pub(crate) async fn run(cx: Cx) {
    loop {
        for log in Log::ALL {
            if let Err(error) = ledger::sequence(log, &cx).await {
                tracing::error!(%error, cause = ?error.source, log = log.name(), "sequencing failed; tried again");
            }
        }
        tokio::time::sleep(PACE).await;
        wake_or(cx.store.queued().notified(), LOOK).await;
    }
}
