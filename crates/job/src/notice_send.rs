//! Sends the notices that wait: at once when one is entered, and again later when it could not be sent.

use crate::{mine, wake_or};
use std::time::Duration;
use tegata_usecase::{Cx, notice};

/// Longest time between two looks.
const LOOK: Duration = Duration::from_secs(60);
/// Least time between two rounds.
const PACE: Duration = Duration::from_millis(200);

pub(crate) async fn run(cx: Cx) {
    loop {
        mine(&cx).await;
        let next = notice::send_due(&cx).await.unwrap_or_else(|error| {
            tracing::error!(%error, cause = ?error.source, "notices could not be sent; tried again");
            None
        });
        tokio::time::sleep(PACE).await;
        let left = match (next, cx.now()) {
            (Some(at), Ok(now)) if at > now => at.since(now).min(LOOK),
            (Some(_), Ok(_)) => continue,
            _ => LOOK,
        };
        wake_or(cx.store.noticed().notified(), left).await;
    }
}
