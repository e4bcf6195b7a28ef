//! Restores a platform from a backup: verified, into an empty folder, under new origins and new numbers.
//!
//! A restored platform knows nothing of what happened after its backup. So nothing that it gives from now on may meet
//! what was given then: its logs are others (new origin, new keys; the old heads stay as facts), and all numbers jump.
//! Invariant: the data folder appears whole or not at all: it is made beside its place and moved there at the end.

use super::archive::{Scratch, extract, open_fading};
use super::*;
use crate::cx::{Inner, Settings};
use crate::error::Result;
use crate::ledger::{origin, rebuild, sequence, signed, verifier};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::chance::{self, Chance};
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::{Fact, RestoredLog};
use tegata_domain::ledger::{Head, Log};
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::time::{Clock, Timestamp};
use tegata_keys::recovery::RecoveryKey;
use tegata_keys::seal::Seal;
use tegata_keys::signer::Signer;
use tegata_store::snapshot::{self, Beginning, FADING};
use tegata_store::{Mode, Store};

/// How far row numbers of devices and certificates jump: more than one machine gives between two backups, and the 40
/// bits of a number hold a thousand such jumps.
const FAR: i64 = 1 << 30;
/// How far all other numbers jump, those of CRLs too.
const NEAR: i64 = 1 << 20;

/// What to do where the fading part of a backup can no longer be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faded {
    /// Restore nothing.
    Refuse,
    /// Go on without: what events say is gone, their commitments stay.
    Drop,
}

/// What is to be restored, and where to.
pub struct RestoreOrder {
    /// The backup.
    pub from: PathBuf,
    /// The recovery key.
    pub recovery_key: PathBuf,
    /// The new data folder; absent or empty.
    pub folder: PathBuf,
    /// Where the unlock file goes, if not into the data folder.
    pub unlock: Option<PathBuf>,
    /// What was erased since the backup.
    pub tombstones: Option<PathBuf>,
    /// Where the fading part cannot be opened.
    pub faded: Faded,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

/// A platform that was restored.
pub struct Restored {
    /// What the backup held.
    pub manifest: Manifest,
    /// The data folder, absolute.
    pub folder: PathBuf,
    /// Each log: its old state, its new origin.
    pub logs: Vec<(LogState, String)>,
    /// Whether event payloads and epoch keys were dropped.
    pub dropped: bool,
    /// How many erasures were replayed; `None` without tombstones.
    pub erased: Option<u64>,
}

fn taken(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(e) => e.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Restores.
pub async fn restore(order: RestoreOrder, tell: Tell<'_>) -> Result<Restored> {
    if taken(&order.folder) {
        let text =
            format!("{} is not an empty folder; nothing was changed. Give another --data", order.folder.display());
        return Err(Error::conflict("exists", text));
    }
    if let Some(unlock) = order.unlock.as_deref().filter(|unlock| unlock.exists()) {
        return Err(Error::conflict("exists", format!("{} exists already; give another --unlock", unlock.display())));
    }
    can_replay(order.tombstones.as_deref())?;
    let keys = RecoveryKey::read(&order.recovery_key).map_err(|e| local("cannot use the recovery key", e))?;
    let mut name = order.folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    let part = Scratch::make(order.folder.with_file_name(name))?;
    let manifest = extract(&order.from, &keys.lasting, &part.0, tell)?;
    let dropped = put_together(&order, &part.0, (&manifest, &keys), tell)?;
    let logs = begin(&order, &part.0, (&manifest, dropped), tell).await?;
    let erased = go_on(&order, &part.0, (&manifest, &logs), tell).await?;
    let folder = move_in(&order, &part.0)?;
    Ok(Restored { manifest, folder, logs, dropped, erased })
}

/// Database and fading part become one again; answers whether the fading part was dropped.
fn put_together(
    order: &RestoreOrder,
    part: &Path,
    (manifest, keys): (&Manifest, &RecoveryKey),
    tell: Tell<'_>,
) -> Result<bool> {
    let now = order.clock.now()?;
    let until = Timestamp::parse(&manifest.fading_until).ok_or_else(|| local("backup", "its manifest has no time"))?;
    let key = keys.holding(&manifest.fading_key, now).filter(|_| now < until);
    tell("putting together", 0, 0);
    if let Some(key) = key {
        open_fading(part, &key.secret)?;
        snapshot::join(part).map_err(stored)?;
        fs::remove_file(part.join(FADING)).map_err(|e| local(FADING, e))?;
    } else if order.faded == Faded::Refuse {
        let why = match now < until {
            true => format!("the fading key {} of this backup is not in the recovery key", manifest.fading_key),
            false => format!("the time of this part of the backup ({}) is over", manifest.fading_until),
        };
        let text = format!(
            "what events say, and what opens their commitments, cannot be restored: {why}. `--expired-epoch-keys drop` \
             restores everything else"
        );
        return Err(Error::new(Kind::Invalid, "expired", text));
    } else {
        snapshot::begin_epochs(part, &|| chance::bytes(&*order.chance)).map_err(stored)?;
    }
    fs::remove_file(part.join(archive::FADING_VAULT)).map_err(|e| local(archive::FADING_VAULT, e))?;
    Ok(key.is_none())
}

/// The database is what the manifest says; tiles are made anew and lead to the recorded roots; new numbers, new logs.
async fn begin(
    order: &RestoreOrder,
    part: &Path,
    (manifest, dropped): (&Manifest, bool),
    tell: Tell<'_>,
) -> Result<Vec<(LogState, String)>> {
    let mut counts = snapshot::counts(part).map_err(stored)?;
    if dropped {
        counts.insert("epoch".into(), manifest.counts.get("epoch").copied().unwrap_or_default());
    }
    if counts != manifest.counts {
        return Err(local("backup", "the database does not have as many rows as the manifest says; it cannot be used"));
    }
    let store = Store::open(part, Mode::Existing).map_err(stored)?;
    let seal = Seal::open_file(&part.join(UNLOCK_FILE)).map_err(|e| local("cannot unlock", e))?;
    let public_url = open::fixed(&store, "public_url").await?;
    let now = order.clock.now()?;
    let generation: String = now.rfc3339().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let (mut logs, mut log_keys, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
    for (log, name) in [(Log::Facts, FACTS_KEY), (Log::Devices, DEVICES_KEY)] {
        tell("ledger", log as u64, 2);
        let state = manifest.log(log)?.clone();
        let (head, tiled) = check_log(&store, log, &state).await?;
        let versions = store.secret().versions(name).await?;
        let version = versions.last().map_or(0, |(version, ..)| *version).saturating_add(1);
        let (signer, pkcs8) = Signer::generate_ed25519()?;
        log_keys.push((name, version, seal.seal(name, &pkcs8)?));
        let origin = origin(&public_url, Some(&generation), log);
        checkpoints.push((log, signed(head, &signer, &verifier(&origin, &signer)?)?, tiled));
        logs.push((state, origin));
    }
    store.begin_again(Beginning { generation, log_keys, far: FAR, near: NEAR }).await.map_err(stored)?;
    for (log, checkpoint, tiled) in checkpoints {
        if !store.ledger().advance(log, checkpoint.head, checkpoint, tiled).await.map_err(stored)? {
            return Err(local("backup", format!("the log {} cannot go on; it cannot be used", log.name())));
        }
    }
    Ok(logs)
}

/// The log is what the manifest says, from its first leaf on; its tiles are there afterwards, up to the size beside it.
async fn check_log(store: &Store, log: Log, state: &LogState) -> Result<(Head, u64)> {
    let head = store.ledger().standing(log).await?.head;
    if head != state.head.head()? {
        let text = format!("the head of the log {} is not the one in its manifest; it cannot be used", log.name());
        return Err(local("backup", text));
    }
    let published = state.published.as_ref().map(manifest::HeadText::head).transpose()?;
    let recorded: Vec<Head> = published.into_iter().chain([head]).collect();
    Ok((head, rebuild(store, log, &recorded).await?))
}

/// Opens the platform as a start would, enters what happened as facts, erases again what was erased, publishes.
async fn go_on(
    order: &RestoreOrder,
    part: &Path,
    (manifest, logs): (&Manifest, &[(LogState, String)]),
    tell: Tell<'_>,
) -> Result<Option<u64>> {
    let opening = Opening {
        folder: part.to_owned(),
        unlock: None,
        database: None,
        settings: Settings::default(),
        clock: Arc::clone(&order.clock),
        chance: Arc::clone(&order.chance),
    };
    let cx = open(opening).await?;
    let now = cx.now()?;
    let mut facts = Vec::new();
    for (state, origin) in logs {
        let log = Log::by_name(&state.log).ok_or_else(|| local("backup", "an unknown log"))?;
        let last = state.published.as_ref().unwrap_or(&state.head).head()?;
        let backup_made_at = manifest.made()?;
        let old = RestoredLog { log, origin: &state.origin, key: &state.key, head: last, backup_made_at };
        facts.push(Write::Fact(Fact::log_restored(now, &old, origin)));
    }
    let permit = Actor::Platform.permit(Operation::Restore, Subject::default())?;
    cx.store.save(Change::of(manifest.id.to_string(), facts), &permit, now).await?;
    let erased = match &order.tombstones {
        Some(file) => {
            let erased = replay_tombstones(file, &cx).await?;
            // the next restore needs them too
            let mut text: &[u8] = &fs::read(file).map_err(|e| local(&file.display().to_string(), e))?;
            tegata_store::archive::write_file(&part.join(TOMBSTONES_FILE), &mut text).map_err(stored)?;
            Some(erased)
        }
        None => None,
    };
    for log in Log::ALL {
        tell("publishing", log as u64, 2);
        sequence(log, &cx).await?;
    }
    Ok(erased)
}

/// Refuses a tombstone file that cannot be read, before anything is done.
fn can_replay(file: Option<&Path>) -> Result<()> {
    file.map_or(Ok(()), |file| crate::erasure::tombstones(file).map(drop))
}

/// Erases again what was erased after the backup was taken; answers how many erasures.
async fn replay_tombstones(file: &Path, cx: &Inner) -> Result<u64> {
    Ok(crate::erasure::replay(file, cx).await?.organisations)
}

/// Everything is on disk, then the folder gets its name.
fn move_in(order: &RestoreOrder, part: &Path) -> Result<PathBuf> {
    let wrong = |e: std::io::Error| local("cannot move the data folder to its place", e);
    let inside = part.join(UNLOCK_FILE);
    if let Some(unlock) = &order.unlock {
        let mut text: &[u8] = &zeroize::Zeroizing::new(fs::read(&inside).map_err(wrong)?);
        tegata_store::archive::write_file(unlock, &mut text).map_err(stored)?;
        File::open(unlock).and_then(|file| file.sync_all()).map_err(wrong)?;
        fs::remove_file(&inside).map_err(wrong)?;
    }
    tegata_store::object::Objects::open(part.to_owned()).and_then(|all| all.sync()).map_err(stored)?;
    let moved = fs::rename(part, &order.folder).map_err(wrong);
    if let (Err(_), Some(unlock)) = (&moved, &order.unlock) {
        let _nothing_to_keep = fs::remove_file(unlock);
    }
    moved?;
    let folder = fs::canonicalize(&order.folder).map_err(wrong)?;
    File::open(folder.parent().unwrap_or(Path::new("/"))).and_then(|parent| parent.sync_all()).map_err(wrong)?;
    Ok(folder)
}
