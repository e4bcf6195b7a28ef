//! Takes campaigns further: marks who fell silent, judges, opens groups, takes devices in a page at a time.
//!
//! Woken by every commit that moved a campaign or an action, and by time, for deadlines.

use crate::{mine, wake_or};
use std::time::Duration;
use tegata_usecase::{Cx, campaign};

/// Least time between two rounds: many answers of devices share a look.
const PACE: Duration = Duration::from_millis(200);
/// Time between two turns of one round, so that others get to write.
const BREATH: Duration = Duration::from_millis(5);
/// Longest time between two looks at deadlines.
const LOOK: Duration = Duration::from_secs(5);

pub(crate) async fn run(cx: Cx) {
    loop {
        mine(&cx).await;
        match campaign::turn(&cx).await {
            Ok(true) => {
                tokio::time::sleep(BREATH).await;
                continue;
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, cause = ?error.source, "campaigns did not go on; tried again"),
        }
        tokio::time::sleep(PACE).await;
        wake_or(cx.store.moved().notified(), LOOK).await;
    }
}
