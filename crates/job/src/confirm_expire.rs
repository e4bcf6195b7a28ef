//! Voids devices that their line did not confirm in time.

use crate::mine;
use std::time::Duration;
use tegata_usecase::{Cx, device};

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(60);

pub(crate) async fn run(cx: Cx) {
    loop {
        mine(&cx).await;
        if let Err(error) = device::void_due(&cx).await {
            tracing::error!(%error, cause = ?error.source, "unconfirmed devices could not be voided; tried again");
        }
        tokio::time::sleep(LOOK).await;
    }
}
