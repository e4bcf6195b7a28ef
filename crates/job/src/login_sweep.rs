//! Takes away logins that ended long ago.

use crate::{mine, turn};
use std::time::Duration;
use tegata_usecase::{Cx, login};

/// Time between two sweeps.
const SPAN: Duration = Duration::from_secs(3600);

pub(crate) async fn run(cx: Cx) {
    loop {
        mine(&cx).await;
        if let Err(error) = turn::turn(&turn::LOGIN, &cx, login::sweep(&cx)).await {
            tracing::error!(%error, cause = ?error.source, "ended logins could not be taken away; tried again");
        }
        tokio::time::sleep(SPAN).await;
    }
}
