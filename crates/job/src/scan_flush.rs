//! Writes down in batches which numbers were looked up, judges what is in too many places, forgets what is old.

use crate::turn;
use std::time::Duration;
use tegata_usecase::{Cx, scan};

/// Time between two batches: what a crash may take.
const PACE: Duration = Duration::from_secs(10);
/// Batches between two sweeps: an hour.
const SWEEP: u32 = 360;

pub(crate) async fn run(cx: Cx) {
    let mut turns = 0_u32;
    loop {
        tokio::time::sleep(PACE).await;
        if let Err(error) = turn::turn(&turn::SCAN, &cx, scan::flush(&cx)).await {
            tracing::error!(%error, cause = ?error.source, "look-ups could not be written down");
        }
        turns = turns.wrapping_add(1);
        if turns.is_multiple_of(SWEEP)
            && let Err(error) = turn::turn(&turn::SCAN, &cx, scan::sweep(&cx)).await
        {
            tracing::error!(%error, cause = ?error.source, "old look-ups could not be forgotten");
        }
    }
}
