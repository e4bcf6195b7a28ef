//! Writes down once a day how everybody stands, so that a page can say what changed.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::id::OrganisationRow;
use tegata_domain::time::Timestamp;

/// Days that are kept.
const KEPT: i64 = 62;
/// Wrong counts that are put right in a day.
const MENDED: u32 = 10_000;
/// Organisations in one transaction.
const TOGETHER: u32 = 50;

/// The day that a moment lies in, since 1970, UTC.
pub(super) fn day(at: Timestamp) -> i64 {
    at.seconds() / 86_400
}

/// When a day began.
pub(super) fn begin(day: i64) -> Timestamp {
    Timestamp::from_millis(day.saturating_mul(86_400_000))
}

/// Writes the present day down, unless that was done; says whether there was something to do.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "tally::write_down", skip_all)]
pub async fn write_down(cx: &Inner) -> Result<bool> {
    let today = day(cx.now()?);
    if cx.store.tally().written().await?.is_some_and(|written| written >= today) {
        return Ok(false);
    }
    let mut after = OrganisationRow(0);
    while let Some(last) = cx.store.tally().write_down(after, (today, today - KEPT), TOGETHER).await? {
        after = last;
    }
    cx.store.tally().finish(today).await?;
    mend(cx).await?;
    Ok(true)
}

/// Counts every device again, and puts right what is wrong: once a day, since a wrong count would stay for ever.
async fn mend(cx: &Inner) -> Result<()> {
    let wrong = cx.store.tally().recount(MENDED).await?;
    if !wrong.is_empty() {
        tracing::error!(counts = wrong.len(), first = ?wrong.first(), "counts of devices were wrong; they are put right");
        cx.store.tally().mend(&wrong).await?;
    }
    Ok(())
}
