//! Writes down once a day how the devices of everybody stand.

use crate::{mine, turn};
use std::time::Duration;
use tegata_usecase::{Cx, tally};

/// Time between two looks whether a day began.
const LOOK: Duration = Duration::from_secs(300);

pub(crate) async fn run(cx: Cx) {
    loop {
        mine(&cx).await;
        if let Err(error) = turn::turn(&turn::TALLY, &cx, tally::write_down(&cx)).await {
            tracing::error!(%error, cause = ?error.source, "how devices stand could not be written down; tried again");
        }
        tokio::time::sleep(LOOK).await;
    }
}
