//! Publishes CRLs within a second of a revocation, and anew before they end.

use crate::{mine, wake_or};
use std::time::Duration;
use tegata_usecase::{Cx, revocation};

/// Longest time between two looks at what falls due.
const LOOK: Duration = Duration::from_secs(60);
/// Least time between two rounds: many revocations share a list.
const PACE: Duration = Duration::from_millis(200);

pub(crate) async fn run(cx: Cx) {
    loop {
        mine(&cx).await;
        if let Err(error) = revocation::publish_due(&cx).await {
            tracing::error!(%error, cause = ?error.source, "CRLs could not be published; tried again");
        }
        tokio::time::sleep(PACE).await;
        wake_or(cx.store.revoked().notified(), LOOK).await;
    }
}
