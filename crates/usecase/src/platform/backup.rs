//! Backs a platform up, also while a server runs on its folder: one sealed file.
//!
//! Invariant: the file appears whole or not at all, and the keys that open it are on disk before it.

use super::archive::{
    CHANGED, FADING_CHANGED, FADING_MAP, FADING_VAULT, FRONT, MAP, Scratch, Writer, contents, never_changes,
    seal_fading,
};
use super::chain::{self, Base};
use super::manifest::{FORMAT, FileState, Front, Manifest, logs};
use super::*;
use crate::error::Result;
use crate::release::FIRMWARE;
use futures_util::TryStreamExt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::chance::{self, Chance};
use tegata_domain::time::{Clock, Timestamp};
use tegata_fault::Point;
use tegata_keys::digest::{Measured, sha256};
use tegata_keys::recovery::{self, Fading, RecoveryKey};
use tegata_keys::seal::Seal;
use tegata_keys::sealed_file::Sealing;
use tegata_store::increment;
use tegata_store::object::{self, Place};
use tegata_store::snapshot::{self, DATABASE, FADING};
use tegata_store::{Mode, STORE_FILE, Store};
use zeroize::Zeroizing;

/// What is to be backed up, and where to.
pub struct BackupOrder {
    /// The data folder.
    pub folder: PathBuf,
    /// The unlock file, if it does not lie in the data folder.
    pub unlock: Option<PathBuf>,
    /// The file to make; it is not there yet.
    pub out: PathBuf,
    /// The recovery key; made when it is absent.
    pub recovery_key: PathBuf,
    /// The backup that this one rests on; `None`: a full one.
    pub since: Option<PathBuf>,
    /// Where tiles and files lie.
    pub objects: object::Settings,
    /// What the settings say about the database that may hold the platform.
    pub database: Access,
    /// How long event payloads and epoch keys of this backup can be restored.
    pub keep: Duration,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

/// A backup that was made.
pub struct BackupTaken {
    /// What it holds.
    pub manifest: Manifest,
    /// The file, absolute.
    pub out: PathBuf,
    /// Its size.
    pub size: u64,
    /// The recovery key, absolute.
    pub recovery_key: PathBuf,
    /// Whether the recovery key was made just now.
    pub new_key: bool,
    /// What lies in the data folder and is in no backup, though this program does not know it.
    pub left_out: Vec<String>,
    /// Files whose content is not what their name says (its SHA-256): damaged on the disk, and so in the backup.
    pub damaged: Vec<String>,
    /// Backups beside it whose event payloads nobody can restore any more, and that no younger one rests on.
    pub spent: Vec<PathBuf>,
}

/// Names in a data folder that no backup holds, on purpose.
const NOT_KEPT: [&str; 12] = [
    DATABASE,
    "tegata.db-wal",
    "tegata.db-shm",
    "lock",
    STORE_FILE,
    "ledger",
    UNLOCK_FILE,
    TOMBSTONES_FILE,
    OUTBOX,
    PART,
    LAST_BACKUP_FILE,
    "backup.lock",
];
const PART: &str = "backup.part";

/// Where a file will be: its folder exists, and it does not lie in the data folder.
fn outside(path: &Path, folder: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| local(&path.display().to_string(), "this is no file name"))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = fs::canonicalize(parent).map_err(|e| local(&parent.display().to_string(), e))?;
    if parent.starts_with(folder) {
        let text = format!("{} would lie in the data folder; give a place outside of it", path.display());
        return Err(Error::invalid("inside", text));
    }
    Ok(parent.join(name))
}

/// The backup and the recovery key, as real places: all that is written on the way to either lies somewhere else than
/// the other, so that neither is destroyed by the other.
fn places(order: &BackupOrder, folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let key = &order.recovery_key;
    let key = recovery::resolved(key).map_err(|e| local(&key.display().to_string(), e))?;
    let (out, key) = (outside(&order.out, folder)?, outside(&key, folder)?);
    // the two partial names may be one: the key has its own name before the backup is begun
    if out == key
        || partial(&out) == key
        || verify::digest_file(&out) == key
        || out == recovery::partial(&key)
        || recovery::partial(&key) == key
    {
        let text = format!(
            "the backup {} and the recovery key {} would overwrite each other (each is written under a name that ends in \
             .part first); give other names",
            out.display(),
            key.display()
        );
        return Err(Error::invalid("same_file", text));
    }
    Ok((out, key))
}

/// One backup of a folder at a time; the lock goes with the file.
fn alone(folder: &Path) -> Result<File> {
    let path = folder.join("backup.lock");
    let wrong = |e: std::io::Error| local(&path.display().to_string(), e);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(local("backup", "another backup of this folder is being made; wait for it"))
        }
        Err(TryLockError::Error(e)) => Err(wrong(e)),
    }
}

/// Takes away what a killed backup left in a data folder: a copy of the database, in plain.
pub(super) fn sweep(folder: &Path) {
    let part = folder.join(PART);
    if part.exists()
        && let Ok(_alone) = alone(folder)
        && let Err(e) = fs::remove_dir_all(&part)
    {
        tracing::warn!("{} was left by a killed backup and cannot be removed: {e}", part.display());
    }
}

/// Backs up.
pub async fn backup(order: BackupOrder, tell: Tell<'_>) -> Result<BackupTaken> {
    let folder = fs::canonicalize(&order.folder).map_err(|e| local(&order.folder.display().to_string(), e))?;
    let (out, recovery_key) = places(&order, &folder)?;
    if out.exists() {
        return Err(Error::conflict("exists", format!("{} exists already; give another --out", out.display())));
    }
    let unlock = order.unlock.clone().unwrap_or_else(|| folder.join(UNLOCK_FILE));
    let seal = Seal::open_file(&unlock).map_err(|e| local("cannot unlock", e))?;
    let _alone = alone(&folder)?;
    chain::sweep(chain::beside(&out));
    let room = place::room_for_copy(&folder, &order.database)?;
    if let Some((free, needed)) = room {
        let text = format!("{} MB are free in {}, a backup needs {}", free >> 20, folder.display(), needed >> 20);
        return Err(Error::new(Kind::Unavailable, "disk_full", text));
    }
    let now = order.clock.now()?;
    let new_key = !recovery_key.exists();
    if new_key && order.since.is_some() {
        let text = format!("{} is absent; an increment needs the key of what it rests on", recovery_key.display());
        return Err(Error::invalid("since", text));
    }
    let for_backup = RecoveryKey::for_backup(&recovery_key, now, order.keep, &*order.chance);
    let (keys, fading) = for_backup.map_err(|e| local("cannot use the recovery key", e))?;
    let base = order.since.as_deref().map(|since| Base::open(since, &keys, now)).transpose()?;
    let part = Scratch::make(folder.join(PART))?;
    place::copy((&folder, &order.database), &part.0, tell)?;
    tegata_fault::at(Point::Copied);
    let place = Place::new(&folder, &order.objects).map_err(stored)?;
    let mut manifest = describe(&order, (&part.0, &place), (&seal, &fading), now).await?;
    tell("splitting", 0, 0);
    snapshot::split(&part.0).map_err(stored)?;
    let front = compare(&order, &part.0, (&keys, &fading, base.as_ref()), &mut manifest, tell)?;
    let sealed = write(&order, (&place, &part.0, &unlock), (&out, &keys.lasting), (&front, &mut manifest), tell).await;
    if sealed.is_err() {
        let _nothing_to_keep = fs::remove_file(partial(&out));
    }
    let size = sealed?;
    last::note(&folder, &out, size, &manifest)?;
    let left_out = left_out(&folder)?;
    let damaged = damaged(&manifest);
    let spent = chain::spent(&out, &keys.lasting, now)?;
    Ok(BackupTaken { manifest, size, out, recovery_key, new_key, left_out, damaged, spent })
}

/// Everything that the manifest tells of the copy. It holds all that was answered before `now`.
async fn describe(
    order: &BackupOrder,
    (part, place): (&Path, &Place),
    (seal, fading): (&Seal, &Fading),
    now: Timestamp,
) -> Result<Manifest> {
    let store = Store::open(part, Mode::Existing).map_err(stored)?;
    if objects::known(&store, place).await?.is_none() {
        return Err(local("objects", "the server was not started with this object store yet; leave its settings out"));
    }
    let public_url = open::fixed(&store, "public_url").await?;
    let logs = logs(&store, seal).await?;
    drop(store);
    Ok(Manifest {
        format: FORMAT,
        id: chance::uuid7(now, &*order.chance),
        made_at: now.rfc3339(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        public_url,
        logs,
        counts: snapshot::counts(part).map_err(stored)?,
        fading_key: fading.id.clone(),
        fading_until: fading.until.rfc3339(),
        chain: Vec::new(),
        state: String::new(),
        fading_state: String::new(),
        files: Default::default(),
    })
}

/// Maps both parts of a copy, leaves of an increment only what differs from its base, and seals the fading part.
fn compare(
    order: &BackupOrder,
    part: &Path,
    (keys, fading, base): (&RecoveryKey, &Fading, Option<&Base>),
    manifest: &mut Manifest,
    tell: Tell<'_>,
) -> Result<Front> {
    let now = manifest.made()?;
    let at = |name: &str| part.join(name);
    let rows = manifest.counts.values().sum();
    let map = |of: &str, into: &str| {
        let mapped = increment::map(&at(of), &at(into), &sha256, &|done| tell("comparing rows", done, rows));
        mapped.map(|digest| data_encoding::HEXLOWER.encode(&digest)).map_err(stored)
    };
    manifest.state = map(DATABASE, MAP)?;
    manifest.fading_state = map(FADING, FADING_MAP)?;
    let salt = chance::bytes(&*order.chance);
    let schema = increment::schema(&at(DATABASE)).map_err(stored)?;
    let mut held = Vec::new();
    match base {
        None => seal_fading(part, &[FADING_MAP, FADING], &fading.secret, &salt)?,
        Some(base) if base.front.schema != schema => {
            let text = "the platform was upgraded since; make a full backup, without --since";
            return Err(Error::new(Kind::Invalid, "since", text));
        }
        Some(base) => {
            let maps = base.maps(keys, now, part)?;
            let differs = |of: &str, fresh: &str, base: &Path, into: &str| {
                increment::difference(&at(of), [&at(fresh), base], &at(into)).map_err(stored)
            };
            differs(DATABASE, MAP, &maps[0], CHANGED)?;
            differs(FADING, FADING_MAP, &maps[1], FADING_CHANGED)?;
            manifest.chain = base.links();
            // the first key that goes takes the whole with it
            manifest.fading_until = base.front.fading_until.clone().min(manifest.fading_until.clone());
            held.clone_from(&base.front.held);
            seal_fading(part, &[FADING_CHANGED], &fading.secret, &salt)?;
        }
    }
    Ok(Front {
        format: FORMAT,
        id: manifest.id,
        made_at: manifest.made_at.clone(),
        schema,
        chain: manifest.chain.clone(),
        held,
        fading_key: fading.id.clone(),
        fading_until: manifest.fading_until.clone(),
    })
}

fn partial(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    out.with_file_name(name)
}

/// Writes the file beside its place, and moves it there once it is on disk; answers its size. A line for `sha256sum`
/// lies beside it then.
async fn write(
    order: &BackupOrder,
    (place, part, unlock): (&Place, &Path, &Path),
    (out, secret): (&Path, &[u8; 32]),
    (front, manifest): (&Front, &mut Manifest),
    tell: Tell<'_>,
) -> Result<u64> {
    let path = partial(out);
    let wrong = |e: std::io::Error| local(&format!("cannot write {}", path.display()), e);
    let file = Measured::into(begin(&path).map_err(wrong)?);
    let sealing = Sealing::new(file, secret, &chance::bytes(&*order.chance)).map_err(wrong)?;
    let mut writer = Writer::new(sealing)?;
    let mut kept = contents(place.data())?;
    let mut remote = remote_names(place).await?;
    let mut front = front.clone();
    let names = kept.iter().map(|(name, _)| name).chain(&remote);
    let held = names.filter(|name| never_changes(name)).cloned().collect();
    let before = std::mem::replace(&mut front.held, held);
    remote.retain(|name| !before.contains(name));
    kept.retain(|(name, _)| !before.contains(name));
    writer.add_text(FRONT, &serde_json::to_vec_pretty(&front).map_err(Error::internal)?)?;
    // what the next increment compares with comes first
    let database: &[&str] =
        if front.chain.is_empty() { &[MAP, FADING_VAULT, DATABASE] } else { &[CHANGED, FADING_VAULT] };
    let mut files: Vec<_> = database.iter().map(|name| ((*name).to_owned(), part.join(name))).collect();
    files.extend(kept);
    let size = |path: &Path| fs::metadata(path).map_or(0, |m| m.len());
    let total: u64 = files.iter().map(|(_, path)| size(path)).sum();
    let mut done = 0;
    for (name, path) in &files {
        tell("packed bytes", done, total);
        done += writer.add(name, path)?;
    }
    if !remote.is_empty() {
        add_remote(&mut writer, (place, &remote), part, &|bytes| tell("packed bytes", done + bytes, 0)).await?;
    }
    let secret = Zeroizing::new(fs::read(unlock).map_err(|e| local("cannot read the unlock file", e))?);
    writer.add_text(UNLOCK_FILE, &secret)?;
    manifest.files = writer.files().clone();
    let (file, sha256) = writer.finish(manifest)?.finish().map_err(wrong)?.written();
    tell("packed bytes", total, total);
    file.sync_all().map_err(wrong)?;
    tegata_fault::at(Point::Packed);
    let size = file.metadata().map_err(wrong)?.len();
    fs::rename(&path, out).map_err(wrong)?;
    let line = format!("{sha256}  {}\n", out.file_name().unwrap_or_default().to_string_lossy());
    fs::write(verify::digest_file(out), line).map_err(wrong)?;
    File::open(chain::beside(out)).and_then(|parent| parent.sync_all()).map_err(wrong)?;
    Ok(size)
}

/// A file to write a backup into. Its lock tells others that it is not left over.
fn begin(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.try_lock().map_err(|e| match e {
        TryLockError::WouldBlock => std::io::Error::other("another backup is being written to it"),
        TryLockError::Error(e) => e,
    })?;
    file.set_len(0)?;
    Ok(file)
}

/// The files that lie in an object store, as a backup names them.
async fn remote_names(place: &Place) -> Result<Vec<String>> {
    if place.url().is_none() {
        return Ok(Vec::new());
    }
    let listed = place.objects(FIRMWARE).map_err(stored)?.list().await.map_err(stored)?;
    Ok(listed.into_iter().map(|entry| format!("{FIRMWARE}/{}", entry.name)).collect())
}

/// Adds files that lie in an object store, one after the other by way of this disk.
async fn add_remote<W: std::io::Write>(
    writer: &mut Writer<W>,
    (place, names): (&Place, &[String]),
    part: &Path,
    tell: &dyn Fn(u64),
) -> Result<()> {
    let files = place.objects(FIRMWARE).map_err(stored)?;
    let (path, mut done) = (part.join("object"), 0);
    let wrong = |e: std::io::Error| local(&path.display().to_string(), e);
    for name in names {
        let gone = || local(name, "it is in the object store no more");
        let inside = name.strip_prefix(FIRMWARE).unwrap_or(name).trim_start_matches('/');
        let mut pieces = files.all(inside).await.map_err(stored)?.ok_or_else(gone)?;
        let mut file = File::create(&path).map_err(wrong)?;
        while let Some(bytes) = pieces.try_next().await.map_err(stored)? {
            file.write_all(&bytes).map_err(wrong)?;
        }
        done += writer.add(name, &path)?;
        tell(done);
    }
    if path.exists() {
        fs::remove_file(&path).map_err(wrong)?;
    }
    Ok(())
}

/// Files that are named by the digest of what they held once, and hold something else now.
fn damaged(manifest: &Manifest) -> Vec<String> {
    let changed = |(name, state): (&String, &FileState)| {
        let named = name.strip_prefix("firmware/")?;
        (named.len() == 64 && named != state.sha256).then(|| name.clone())
    };
    manifest.files.iter().filter_map(changed).collect()
}

fn left_out(folder: &Path) -> Result<Vec<String>> {
    let wrong = |e: std::io::Error| local(&folder.display().to_string(), e);
    let kept: Vec<String> = contents(folder)?.into_iter().map(|(name, _)| name).collect();
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let name = entry.map_err(wrong)?.file_name().to_string_lossy().into_owned();
        let inside = |kept: &String| *kept == name || kept.starts_with(&format!("{name}/"));
        // a folder that goes in whole may be empty
        let goes_in = super::archive::FOLDERS.contains(&name.as_str());
        if !NOT_KEPT.contains(&name.as_str()) && !goes_in && !kept.iter().any(inside) {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither time nor randomness is asked for where a file will be.
    struct Idle;

    impl Clock for Idle {
        fn now(&self) -> Result<Timestamp, tegata_domain::time::ClockJumped> {
            Ok(Timestamp::from_millis(0))
        }
    }

    impl Chance for Idle {
        fn fill(&self, _: &mut [u8]) {}
    }

    #[test]
    fn a_backup_and_its_key_never_share_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| fs::canonicalize(folder.path()).unwrap().join(name);
        fs::create_dir(at("data")).unwrap();
        fs::write(at("key.real"), "").unwrap();
        std::os::unix::fs::symlink(at("key.real"), at("link")).unwrap();
        let check = |out: &str, key: &str| {
            let order = BackupOrder {
                database: Default::default(),
                folder: at("data"),
                unlock: None,
                objects: Default::default(),
                out: at(out),
                recovery_key: at(key),
                since: None,
                keep: Duration::ZERO,
                clock: Arc::new(Idle),
                chance: Arc::new(Idle),
            };
            places(&order, &at("data"))
        };
        for (out, key) in [("b", "b"), ("b", "b.part"), ("r.part", "r.key"), ("data/../b", "b"), ("key.real", "link")] {
            assert_eq!(check(out, key).unwrap_err().code, "same_file", "{out} {key}");
        }
        assert_eq!(check("b", "link").unwrap(), (at("b"), at("key.real")), "the key is where the link leads");
        assert!(check("b", "b.key").is_ok(), "only what is written on the way has one name");
    }
}
