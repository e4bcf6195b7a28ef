//! Removes what uploads left behind.

use std::time::Duration;
use tegata_usecase::{Cx, release};

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(6 * 3600);

pub(crate) async fn run(cx: Cx) {
    loop {
        if let Err(error) = release::sweep(&cx).await {
            tracing::warn!(%error, cause = ?error.source, "files that nobody names stay for now");
        }
        tokio::time::sleep(LOOK).await;
    }
}
