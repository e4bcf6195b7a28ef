//! Holds the lease of the background work, where several nodes serve one store: only its holder sequences, publishes and
//! sends.

use std::time::Duration;
use tegata_usecase::Cx;

/// A third of the time that a lease holds.
const EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(cx: Cx) {
    let mut held = cx.store.lease().holds();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = match cx.store.lease().hold().await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(%error, "the lease of the background work is not to be had");
                false
            }
        };
        if now != held {
            tracing::info!(held = now, "the background work of all nodes is done by this one, or no longer");
            // there may be something to do that nobody did
            cx.store.queued().notify_one();
        }
        held = now;
    }
}
