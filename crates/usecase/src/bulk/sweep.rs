//! Forgets bulks that are over since long, and those that nobody confirmed.

use crate::cx::Inner;
use crate::error::Result;
use std::time::Duration;
use tegata_domain::bulk::CONFIRM_WITHIN;

/// How long one that was withdrawn is still shown.
const WITHDRAWN: Duration = Duration::from_secs(3600);

/// Forgets them, some at a time until none is left.
pub async fn sweep(cx: &Inner) -> Result<()> {
    let now = cx.now()?;
    while cx.store.bulk().sweep(now, now.minus(CONFIRM_WITHIN), now.minus(WITHDRAWN)).await? {}
    Ok(())
}
