//! Takes bulks further: a page of each in turn, so that none waits for another; and forgets those that are over since long.

use crate::{mine, turn};
use std::time::Duration;
use tegata_usecase::{Cx, bulk};
use tokio::time::Instant;

/// Time between two turns while there is something to do, so that others get to write.
const BREATH: Duration = Duration::from_millis(5);
/// Time between two looks whether a bulk was confirmed, on whichever node.
const LOOK: Duration = Duration::from_millis(500);
/// Time between two sweeps.
const SWEEP: Duration = Duration::from_secs(3600);

pub(crate) async fn run(cx: Cx) {
    let mut swept: Option<Instant> = None;
    loop {
        mine(&cx).await;
        if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            if let Err(error) = bulk::sweep(&cx).await {
                tracing::error!(%error, cause = ?error.source, "old bulks could not be forgotten; tried again");
            }
            swept = Some(Instant::now());
        }
        let more = match turn::turn(&turn::BULK, &cx, bulk::turn(&cx)).await {
            Ok(more) => more,
            Err(error) => {
                tracing::error!(%error, cause = ?error.source, "bulks did not go on; tried again");
                false
            }
        };
        tokio::time::sleep(if more { BREATH } else { LOOK }).await;
    }
}
