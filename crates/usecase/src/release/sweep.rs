//! Removes what uploads left behind: parts that never became an object, and files that no release came to name.

use super::checked;
use crate::cx::Inner;
use crate::error::Result;
use std::collections::HashSet;
use std::time::Duration;

/// What is younger may be on its way: no upload takes longer.
const YOUNG: Duration = Duration::from_secs(24 * 3600);
/// So many releases are read at once.
const PAGE: u32 = 1000;

/// Removes what is older than a day and belongs to no release; answers how many files and unfinished uploads.
pub async fn sweep(cx: &Inner) -> Result<(u64, u64)> {
    let before = cx.now()?.minus(YOUNG);
    let files = &cx.releases.files;
    let uploads = files.end_uploads(before).await?;
    let mut old: HashSet<String> =
        files.list().await?.into_iter().filter(|entry| entry.changed < before).map(|entry| entry.name).collect();
    // a name that is no digest was not made by an upload
    old.retain(|name| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()));
    let mut after = 0;
    while !old.is_empty() {
        let page = cx.store.release().all(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.row.0;
        for release in &page {
            old.remove(&checked::name(release));
        }
    }
    for name in &old {
        files.remove(name).await?;
    }
    if uploads > 0 || !old.is_empty() {
        tracing::info!(files = old.len(), uploads, "removed what uploads left behind");
    }
    Ok((old.len() as u64, uploads))
}
