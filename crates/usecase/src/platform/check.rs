//! Whether the platform can serve.

use crate::cx::Inner;
use std::time::Duration;

/// What readiness rests on; every text says what to do.
#[derive(Debug, Default)]
pub struct Ready {
    /// What keeps the platform from serving.
    pub problems: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
}

/// Less free disk than this is a warning, a tenth of it a problem.
const DISK_LOW: u64 = 1 << 30;

/// Looks at clock, store, disk and keys.
pub async fn ready(cx: &Inner) -> Ready {
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    if let Err(e) = cx.clock.now() {
        problems.push(format!("{e}; check NTP, then restart to accept the new time"));
    }
    match cx.store.ping() {
        Ok(()) => ledger(cx, &mut problems, &mut warnings).await,
        // it is not asked for more: whoever probes would wait twice
        Err(e) => problems.push(format!("the store does not answer: {e}")),
    }
    match cx.store.free_bytes() {
        Some(free) if free < DISK_LOW / 10 => problems.push(format!("{} MB of disk left; free some", free >> 20)),
        Some(free) if free < DISK_LOW => warnings.push(format!("{} MB of disk left; free some", free >> 20)),
        Some(_) => {}
        None => warnings.push("the free disk cannot be read".into()),
    }
    if let Some(trouble) = cx.place.trouble() {
        warnings.push(format!("the object store: {trouble}; tiles wait in memory, files of releases cannot be had"));
    }
    match cx.releases.damaged() {
        0 => {}
        count => warnings.push(format!("{count} times the file of a release was not what was published; see the log")),
    }
    let folder = cx.store.folder();
    if folder.join(super::UNLOCK_FILE).exists() {
        warnings.push("the unlock file lies in the data folder; keep it elsewhere and start with --unlock FILE".into());
    }
    if folder.join(super::ROOT_KEY_FILE).exists() {
        warnings.push("the root key is online; once all authorities exist, move keys/root.key offline".into());
    }
    if cx.settings.crl_life < Duration::from_secs(3600) {
        warnings.push("CRLs hold for less than an hour; clients may be without one".into());
    }
    Ready { problems, warnings }
}

async fn ledger(cx: &Inner, problems: &mut Vec<String>, warnings: &mut Vec<String>) {
    match cx.store.ledger().waiting().await {
        Ok(waiting) if waiting > 50_000 => warnings.push(format!("{waiting} leaves wait for the ledger")),
        Ok(_) => {}
        Err(e) => problems.push(format!("the ledger cannot be read: {e}")),
    }
}
