//! What an operator watches beside the counters: what waits, stands open or falls due.

use super::{OUTBOX, last_backup};
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::authority::AuthorityKind;
use tegata_domain::time::Timestamp;
use tegata_store::Watched;

/// Letters are counted so far.
const LETTERS: usize = 10_000;

/// A look at the platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// What the store holds.
    pub stored: Watched,
    /// Letters in the outbox, as far as they are counted.
    pub letters: u64,
    /// When the first authority of a kind ends: root, IDevID, LDevID.
    pub authorities: [(&'static str, Option<Timestamp>); 3],
    /// When the last backup was made.
    pub backup: Option<Timestamp>,
    /// Whether the root's key lies in the data folder.
    pub root_online: bool,
}

/// Looks at the platform. Cheap enough for once a minute.
pub async fn watch(cx: &Inner) -> Result<Overview> {
    let folder = cx.store.folder();
    let kinds = [("root", AuthorityKind::Root), ("idevid", AuthorityKind::Idevid), ("ldevid", AuthorityKind::Ldevid)];
    let mut authorities = [("", None); 3];
    for (slot, (name, kind)) in authorities.iter_mut().zip(kinds) {
        let all = cx.store.authority().all(kind).await?;
        *slot = (name, all.iter().filter_map(|authority| ends(&authority.certificate)).min());
    }
    let letters = std::fs::read_dir(folder.join(OUTBOX)).map_or(0, |found| found.take(LETTERS).count());
    let backup = last_backup(folder);
    Ok(Overview {
        stored: cx.store.watch().now().await?,
        letters: letters as u64,
        authorities,
        backup: backup.and_then(|last| Timestamp::parse(&last.at)),
        root_online: folder.join(super::ROOT_KEY_FILE).exists(),
    })
}

/// When a certificate ends; `None` where its time cannot be read.
pub fn ends(der: &[u8]) -> Option<Timestamp> {
    let [_, [year, month, day, hour, minute, second]] = tegata_wire::devid::validity(der).ok()?;
    Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}
