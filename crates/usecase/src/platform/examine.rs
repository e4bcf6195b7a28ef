//! What only a closer look finds: wrong rights, certificates that end, backups that are old, a ledger that was changed
//! below its head. For `tegata doctor`; what a running platform asks itself at every probe stands in `check`.
//!
//! Invariant: it only reads, and every text says what to do.

use super::*;
use crate::cx::Inner;
use crate::ledger;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tegata_domain::authority::AuthorityKind;
use tegata_domain::ledger::Log;
use tegata_domain::time::Timestamp;
use tegata_store::Wrong;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// An authority that ends within this should be replaced: certificates of the server itself hold for 397 days.
const AUTHORITY_SOON: Duration = Duration::from_secs(400 * 24 * 3600);
/// A certificate of the server that ends within this should have been renewed.
pub const SERVER_SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// Wrong counts that are looked for; one is told.
const COUNTED: u32 = 100;
/// Backups are taken every night; one that is older than this was missed twice.
const BACKUP_OLD: Duration = Duration::from_secs(3 * 24 * 3600);

impl Ready {
    /// Takes in what another look found.
    pub fn add(&mut self, other: Ready) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
    }
}

/// Rights and owners of the files of a data folder, which need not be whole.
pub fn rights(folder: &Path, unlock: &Path) -> Ready {
    let mut found = Ready::default();
    let mut private = vec![folder.to_owned(), unlock.to_owned()];
    private.extend(entries(&folder.join("keys")));
    for path in private {
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            found.problems.push(format!("{path} can be read by others; run: chmod go= {path}"));
        }
    }
    if let Ok(owner) = folder.metadata().map(|metadata| metadata.uid()) {
        walk(folder, owner, &mut found);
    }
    let inside = |path: &Path| Some(fs::canonicalize(path).ok()?.starts_with(fs::canonicalize(folder).ok()?));
    if inside(unlock) == Some(true) && *unlock != folder.join(UNLOCK_FILE) {
        let text = "lies in the data folder, beside what it opens; move it elsewhere and start with --unlock FILE";
        found.warnings.push(format!("{} {text}", unlock.display()));
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// Tells the first file that belongs to another account, and the first that others may write.
fn walk(folder: &Path, owner: u32, found: &mut Ready) {
    let (mut foreign, mut open) = (None, None);
    let mut waiting = entries(folder);
    while let Some(path) = waiting.pop() {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        if metadata.uid() != owner {
            foreign.get_or_insert_with(|| (path.clone(), metadata.uid()));
        }
        if !metadata.is_symlink() && metadata.permissions().mode() & 0o002 != 0 {
            open.get_or_insert_with(|| path.clone());
        }
        if metadata.is_dir() {
            waiting.extend(entries(&path));
        }
    }
    if let Some((path, uid)) = foreign {
        let (path, folder) = (path.display(), folder.display());
        let text = format!("{path} belongs to account {uid}, the data folder to account {owner}");
        found.problems.push(format!("{text}; run as root: chown --recursive --from={uid} {owner} {folder}"));
    }
    if let Some(path) = open {
        let path = path.display();
        found.problems.push(format!("{path} can be written by others; run: chmod o-w {path}"));
    }
}

/// The closer look at an open platform.
pub async fn examine(cx: &Inner) -> Ready {
    let mut found = Ready::default();
    let Ok(now) = cx.clock.now() else { return found };
    backup(cx, now, &mut found).await;
    authorities(cx, now, &mut found).await;
    if let Ok(Some(newest)) = cx.store.device().newest_event().await
        && newest > now
    {
        let text = format!("the clock is {} s behind the newest event; check NTP", newest.since(now).as_secs().max(1));
        found.warnings.push(text);
    }
    for log in Log::ALL {
        if let Err(error) = ledger::recount(log, cx).await {
            found.problems.push(error.public);
        }
    }
    tally(cx, &mut found).await;
    found
}

/// Counts every device again: seconds where there are millions.
async fn tally(cx: &Inner, found: &mut Ready) {
    match cx.store.tally().recount(COUNTED).await {
        Ok(wrong) => {
            if let Some(Wrong { place, devices, count }) = wrong.first() {
                let many = if wrong.len() == COUNTED as usize { "at least " } else { "" };
                let text = format!(
                    "{many}{} counts of devices are wrong, the first is that of organisation {}, product {}, release {}, \
                     {}, {}: it says {count}, there are {devices}. Pages show wrong figures, nothing else rests on \
                     them. The platform puts them right within a day while it runs; tell us, it should not happen",
                    wrong.len(),
                    place.organisation.0,
                    place.product.0,
                    place.release.map_or(0, |release| release.0),
                    place.stage.name(),
                    place.condition.name(),
                );
                found.problems.push(text);
            }
        }
        Err(error) => found.problems.push(format!("the devices could not be counted again: {error}")),
    }
}

async fn backup(cx: &Inner, now: Timestamp, found: &mut Ready) {
    let how = "run `tegata backup` every night";
    let since = match last_backup(cx.store.folder()).and_then(|last| Timestamp::parse(&last.at)) {
        Some(last) if last > now => {
            let text = format!("the last backup is of {}, which is yet to come; check the clock", last.rfc3339());
            return found.warnings.push(text);
        }
        Some(last) if now.since(last) > BACKUP_OLD => {
            format!("the last backup is {} days old", now.since(last).as_secs() / DAY.as_secs())
        }
        Some(_) => return,
        None => {
            match cx.store.authority().all(AuthorityKind::Root).await.ok().and_then(|roots| roots.into_iter().next()) {
                Some(root) if now.since(root.created_at) > BACKUP_OLD => {
                    "no backup was taken from this data folder".into()
                }
                _ => return,
            }
        }
    };
    found.warnings.push(format!("{since}; {how}"));
}

async fn authorities(cx: &Inner, now: Timestamp, found: &mut Ready) {
    let path = cx.store.folder().join(HTTPS_CA_FILE);
    match fs::read_to_string(&path).ok().and_then(|text| from_pem(&text)) {
        Some(der) => {
            let remedy =
                "set tls.certificate and tls.key to a certificate of another authority, and tell who trusts this one";
            found.add(ending(&path.display().to_string(), &der, (now, AUTHORITY_SOON), remedy));
        }
        None => found.problems.push(format!("{} holds no certificate; bring it back from a backup", path.display())),
    }
    for kind in [AuthorityKind::Root, AuthorityKind::Idevid, AuthorityKind::Ldevid] {
        for authority in cx.store.authority().all(kind).await.unwrap_or_default() {
            let name = format!("the authority {} ({kind:?})", authority.uid);
            let remedy = "no certificate may outlive it: enter the organisation anew before that";
            found.add(ending(&name, &authority.certificate, (now, AUTHORITY_SOON), remedy));
        }
    }
}

/// Tells a certificate that has ended (a problem) or ends soon (a warning).
pub fn ending(name: &str, der: &[u8], (now, soon): (Timestamp, Duration), remedy: &str) -> Ready {
    let mut found = Ready::default();
    let end = tegata_wire::devid::validity(der).ok().and_then(|[_, [y, m, d, h, min, s]]| {
        Timestamp::parse(&format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}Z"))
    });
    match end {
        None => found.problems.push(format!("{name} is no certificate that can be read; {remedy}")),
        Some(end) if end <= now => found.problems.push(format!("{name} has ended at {}; {remedy}", end.rfc3339())),
        Some(end) if end.since(now) < soon => {
            let days = end.since(now).as_secs() / DAY.as_secs();
            found.warnings.push(format!("{name} ends in {days} days, at {}; {remedy}", end.rfc3339()));
        }
        Some(_) => {}
    }
    found
}
