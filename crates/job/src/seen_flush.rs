//! Writes down in batches when devices were last heard from.

use crate::turn;
use std::time::Duration;
use tegata_usecase::{Cx, seen};

/// Time between two batches: what a crash may take.
const PACE: Duration = Duration::from_secs(10);

pub(crate) async fn run(cx: Cx) {
    loop {
        tokio::time::sleep(PACE).await;
        if let Err(error) = turn::turn(&turn::SEEN, &cx, seen::flush(&cx)).await {
            tracing::error!(%error, cause = ?error.source, "last signs of life could not be written down");
        }
    }
}
