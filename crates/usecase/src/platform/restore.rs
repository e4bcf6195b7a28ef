//! Restores a platform from a backup: verified, into an empty folder, under new origins and new numbers.
//!
//! A restored platform knows nothing of what happened after its backup. So nothing that it gives from now on may meet
//! what was given then: its logs are others (new origin, new keys; the old heads stay as facts), and all numbers jump.
//! Invariant: the data folder appears whole or not at all: it is made beside its place and moved there at the end.

use super::archive::{CHANGED, FADING_CHANGED, FADING_VAULT, Scratch, contents, extract, never_changes, open_fading};
use super::chain::{Member, chain};
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
use tegata_fault::Point;
use tegata_keys::digest::sha256;
use tegata_keys::recovery::{Fading, RecoveryKey};
use tegata_keys::seal::Seal;
use tegata_keys::signer::Signer;
use tegata_store::increment;
use tegata_store::object::{self, Place};
use tegata_store::snapshot::{self, Beginning, DATABASE, FADING};
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
    /// Where tiles and files go.
    pub objects: object::Settings,
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
    let members = chain(&order.from, &keys.lasting)?;
    sweep(&order.folder);
    let mut name = order.folder.file_name().unwrap_or_default().to_owned();
    name.push(format!("{PART}{}", std::process::id()));
    let part = Scratch::make(order.folder.with_file_name(name))?;
    // held for as long as this runs: whoever sweeps sees that it is not left over
    let _held = hold(&part.0)?;
    let mut manifest = extract(&members[0].path, &keys.lasting, &part.0, tell)?;
    let keys_of = open_keys(&order, &members, (&manifest, &keys))?;
    let mut fading = keys_of.iter();
    let mut part_of = |folder: &Path| match fading.next() {
        Some(key) => open_fading(folder, &key.secret),
        None => Ok(()),
    };
    part_of(&part.0)?;
    for member in &members[1..] {
        let step = Scratch::make(part.0.join(STEP))?;
        manifest = extract(&member.path, &keys.lasting, &step.0, tell)?;
        part_of(&step.0)?;
        lay(&part.0, &step.0, tell)?;
    }
    if members.len() > 1 {
        settle(&part.0, &members, &manifest, tell)?;
    }
    let dropped = keys_of.is_empty();
    put_together(&order, &part.0, dropped, tell)?;
    let logs = begin(&order, &part.0, (&manifest, dropped), tell).await?;
    let erased = go_on(&order, &part.0, (&manifest, &logs), tell).await?;
    let folder = move_in(&order, &part.0)?;
    Ok(Restored { manifest, folder, logs, dropped, erased })
}

/// What a folder that is being made has between its later name and the number of the process.
const PART: &str = ".part-";
/// An increment, unpacked.
const STEP: &str = "increment";

fn hold(folder: &Path) -> Result<File> {
    let wrong = |e: std::io::Error| local(&folder.display().to_string(), e);
    let file = File::open(folder).map_err(wrong)?;
    file.try_lock().map_err(|e| local(&folder.display().to_string(), e))?;
    Ok(file)
}

/// Removes what a killed restore to the same place left beside it.
fn sweep(folder: &Path) {
    let begin = format!("{}{PART}", folder.file_name().unwrap_or_default().to_string_lossy());
    let Some(Ok(entries)) = folder.parent().map(fs::read_dir) else { return };
    for path in entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(&begin)).map(|e| e.path()) {
        if hold(&path).is_ok() {
            let _it_is_tried_again_with_the_next = fs::remove_dir_all(&path);
        }
    }
}

/// The keys of all fading parts; none where they are dropped. One that is gone takes all with it: what an increment
/// holds is not whole by itself.
fn open_keys(
    order: &RestoreOrder,
    members: &[Member],
    (first, keys): (&Manifest, &RecoveryKey),
) -> Result<Vec<Fading>> {
    let now = order.clock.now()?;
    let mut found = Vec::new();
    for member in members {
        let (id, until) = match &member.front {
            Some(front) => (&front.fading_key, &front.fading_until),
            None => (&first.fading_key, &first.fading_until),
        };
        let time = Timestamp::parse(until).ok_or_else(|| local("backup", "its manifest has no time"))?;
        match keys.holding(id, now).filter(|_| now < time) {
            Some(key) => found.push(key.clone()),
            None if order.faded == Faded::Drop => return Ok(Vec::new()),
            None => return Err(expired((id, until), now < time)),
        }
    }
    Ok(found)
}

fn expired((key, until): (&str, &str), in_time: bool) -> Error {
    let why = match in_time {
        true => format!("the fading key {key} of this backup is not in the recovery key"),
        false => format!("the time of this part of the backup ({until}) is over"),
    };
    let text = format!(
        "what events say, and what opens their commitments, cannot be restored: {why}. `--expired-epoch-keys drop` \
         restores everything else"
    );
    Error::new(Kind::Invalid, "expired", text)
}

/// Lays an increment in `step` over what is there.
fn lay(part: &Path, step: &Path, tell: Tell<'_>) -> Result<()> {
    tell("laying over", 0, 0);
    increment::apply(&part.join(DATABASE), &step.join(CHANGED)).map_err(stored)?;
    if step.join(FADING_CHANGED).exists() {
        increment::apply(&part.join(FADING), &step.join(FADING_CHANGED)).map_err(stored)?;
    }
    let mut newer = contents(step)?;
    newer.push((UNLOCK_FILE.to_owned(), step.join(UNLOCK_FILE)));
    for (name, path) in newer {
        let to = part.join(&name);
        let moved = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(&path, &to));
        moved.map_err(|e| local(&name, e))?;
    }
    Ok(())
}

/// A chain is what its newest manifest says, and nothing is left of what went between.
fn settle(part: &Path, members: &[Member], manifest: &Manifest, tell: Tell<'_>) -> Result<()> {
    let held = members.last().and_then(|member| member.front.as_ref()).map(|front| front.held.as_slice());
    let held = held.unwrap_or_default();
    for (name, path) in contents(part)? {
        if !manifest.files.contains_key(&name) && !held.contains(&name) {
            fs::remove_file(&path).map_err(|e| local(&name, e))?;
        }
    }
    if let Some(name) = held.iter().find(|name| never_changes(name) && !part.join(name).exists()) {
        return Err(local("backup", format!("{name} is in none of its files; it cannot be used")));
    }
    for (database, state) in [(DATABASE, &manifest.state), (FADING, &manifest.fading_state)] {
        let (path, map) = (part.join(database), part.join("check.db"));
        if !path.exists() {
            continue;
        }
        let found = increment::map(&path, &map, &sha256, &|done| tell("checking rows", done, 0)).map_err(stored)?;
        if data_encoding::HEXLOWER.encode(&found) != *state {
            return Err(local(
                "backup",
                "what comes together is not what the newest increment says; it cannot be used",
            ));
        }
        fs::remove_file(&map).map_err(|e| local("backup", e))?;
        tell("writing anew", 0, 0);
        increment::tidy(&path).map_err(stored)?;
    }
    Ok(())
}

/// Database and fading part become one again.
fn put_together(order: &RestoreOrder, part: &Path, dropped: bool, tell: Tell<'_>) -> Result<()> {
    tell("putting together", 0, 0);
    if dropped {
        snapshot::begin_epochs(part, &|| chance::bytes(&*order.chance)).map_err(stored)?;
    } else {
        snapshot::join(part).map_err(stored)?;
        fs::remove_file(part.join(FADING)).map_err(|e| local(FADING, e))?;
    }
    fs::remove_file(part.join(FADING_VAULT)).map_err(|e| local(FADING_VAULT, e))
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
    let place = Place::local(store.folder());
    Ok((head, rebuild((store, &place), log, &recorded).await?))
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
        database: Default::default(),
        settings: Settings { objects: order.objects.clone(), ..Settings::default() },
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

/// Everything is on disk, then the folder gets its name, then the unlock file leaves it: a kill at any moment leaves
/// nothing, or a folder that can be opened.
fn move_in(order: &RestoreOrder, part: &Path) -> Result<PathBuf> {
    let wrong = |e: std::io::Error| local("cannot move the data folder to its place", e);
    let aside = order.unlock.as_ref().map(|unlock| (unlock, unlock.with_added_extension("part")));
    if let Some((_, aside)) = &aside {
        let mut text: &[u8] = &zeroize::Zeroizing::new(fs::read(part.join(UNLOCK_FILE)).map_err(wrong)?);
        let _left_by_a_kill = fs::remove_file(aside);
        tegata_store::archive::write_file(aside, &mut text).map_err(stored)?;
        File::open(aside).and_then(|file| file.sync_all()).map_err(wrong)?;
    }
    Place::local(part).sync().map_err(stored)?;
    tegata_fault::at(Point::Restored);
    let handed = owner::hand_over(part, &order.folder, aside.as_ref().map(|(_, aside)| aside.as_path()));
    let moved = handed.and_then(|()| fs::rename(part, &order.folder).map_err(wrong));
    if let (Err(_), Some((_, aside))) = (&moved, &aside) {
        let _nothing_to_keep = fs::remove_file(aside);
    }
    moved?;
    if let Some((unlock, aside)) = &aside {
        fs::rename(aside, unlock).map_err(wrong)?;
        let parent = unlock.parent().unwrap_or(Path::new("/"));
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(wrong)?;
        fs::remove_file(order.folder.join(UNLOCK_FILE)).map_err(wrong)?;
    }
    let folder = fs::canonicalize(&order.folder).map_err(wrong)?;
    File::open(folder.parent().unwrap_or(Path::new("/"))).and_then(|parent| parent.sync_all()).map_err(wrong)?;
    Ok(folder)
}
