//! The recovery key: a file that opens backups, and that lets a part of them fade (ADR 16).
//!
//! ```text
//! # comment
//! lasting HEX64
//! fading HEX16 FROM UNTIL HEX64        one a day: id, RFC 3339 times, secret
//! ```
//!
//! The lasting key opens what must outlive everything: numbers, authorities, certificates. A fading key opens event
//! payloads and epoch keys of the backups of one day, and is taken out of the file once its time is over: from then on
//! nobody can open that part of those backups.
//! Invariant: the file is changed whole or not at all, and by one process at a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tegata_domain::chance::{self, Chance};
use tegata_domain::time::Timestamp;
use zeroize::Zeroizing;

/// What opens the fading part of the backups of one day.
#[derive(Clone)]
pub struct Fading {
    /// What backups name it by.
    pub id: String,
    /// When it was made.
    pub from: Timestamp,
    /// When it goes.
    pub until: Timestamp,
    /// The key.
    pub secret: Zeroizing<[u8; 32]>,
}

/// The keys of a file.
pub struct RecoveryKey {
    /// Opens the lasting part of every backup.
    pub lasting: Zeroizing<[u8; 32]>,
    /// Keys of the fading parts, oldest first.
    pub fading: Vec<Fading>,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Reading or writing failed.
    #[error("recovery key {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("recovery key {0} can be read by others; run: chmod 600 {0}")]
    Open(String),
    /// Not a recovery key.
    #[error("{0} is no recovery key: it has no line `lasting` with 64 hex digits, or another line cannot be read")]
    Form(String),
}

const HEAD: &str = "# Recovery key of tegata: who holds this file can read backups. Keep a copy of the line `lasting`\n\
    # offline, for as long as any device lives. Do not copy the lines `fading`: they go by themselves, so that what was\n\
    # erased is gone from old backups too.\n";

fn io(path: &Path) -> impl Fn(std::io::Error) -> RecoveryError + '_ {
    move |source| RecoveryError::Io { path: path.display().to_string(), source }
}

/// The file itself, where `path` is a symbolic link: a rename would put a new file in the link's place and leave keys
/// whose time is over in the old one.
pub fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    if path.is_symlink() { fs::canonicalize(path) } else { Ok(path.to_owned()) }
}

/// Where a new content lies until it takes the place of the old.
pub fn partial(path: &Path) -> PathBuf {
    path.with_extension("part")
}

fn secret(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

fn fading(words: &[&str]) -> Option<Fading> {
    let [id, from, until, key] = words else { return None };
    let known = id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let (from, until) = (Timestamp::parse(from)?, Timestamp::parse(until)?);
    known.then_some(Fading { id: (*id).to_owned(), from, until, secret: secret(key)? })
}

impl RecoveryKey {
    /// From the text of a file; `None` where a line is none of a recovery key's, or there is no lasting key.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut lasting, mut all) = (None, Vec::new());
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["lasting", key] if lasting.is_none() => lasting = Some(secret(key)?),
                ["fading", rest @ ..] => all.push(fading(rest)?),
                _ => return None,
            }
        }
        Some(RecoveryKey { lasting: lasting?, fading: all })
    }

    /// The text of a file: it holds every key.
    pub fn text(&self) -> Zeroizing<String> {
        let hex = |key: &[u8; 32]| Zeroizing::new(data_encoding::HEXLOWER.encode(key));
        let mut out = Zeroizing::new(format!("{HEAD}lasting {}\n", *hex(&self.lasting)));
        for key in &self.fading {
            let line = Zeroizing::new(format!(
                "fading {} {} {} {}\n",
                key.id,
                key.from.rfc3339(),
                key.until.rfc3339(),
                *hex(&key.secret)
            ));
            out.push_str(&line);
        }
        out
    }

    /// From a file that nobody else may read.
    pub fn read(path: &Path) -> Result<Self, RecoveryError> {
        use std::os::unix::fs::PermissionsExt;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(io(path))?);
        if fs::metadata(path).map_err(io(path))?.permissions().mode() & 0o077 != 0 {
            return Err(RecoveryError::Open(path.display().to_string()));
        }
        Self::parse(&text).ok_or_else(|| RecoveryError::Form(path.display().to_string()))
    }

    /// The fading key of this id that still holds.
    pub fn holding(&self, id: &str, now: Timestamp) -> Option<&Fading> {
        self.fading.iter().find(|key| key.id == id && now < key.until)
    }

    /// Reads the file, or makes it, takes out the fading keys whose time is over, and answers it with the one of today,
    /// which holds for `keep`. All of this is on disk before it returns.
    pub fn for_backup(
        path: &Path,
        now: Timestamp,
        keep: Duration,
        chance: &dyn Chance,
    ) -> Result<(Self, Fading), RecoveryError> {
        let path = &resolved(path).map_err(io(path))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let lock = File::open(&folder).map_err(io(&folder))?;
        lock.lock().map_err(io(&folder))?;
        let mut all = match fs::exists(path).map_err(io(path))? {
            true => Self::read(path)?,
            false => RecoveryKey { lasting: Zeroizing::new(chance::bytes(chance)), fading: Vec::new() },
        };
        all.fading.retain(|key| now < key.until);
        let until = now.plus(keep);
        let today = |key: &&Fading| key.from.date() == now.date() && key.until.date() == until.date();
        let key = match all.fading.iter().find(today) {
            Some(key) => key.clone(),
            None => {
                let id = data_encoding::HEXLOWER.encode(&chance::bytes::<8>(chance));
                let key = Fading { id, from: now, until, secret: Zeroizing::new(chance::bytes(chance)) };
                all.fading.push(key.clone());
                key
            }
        };
        all.write(path, &lock)?;
        Ok((all, key))
    }

    fn write(&self, path: &Path, folder: &File) -> Result<(), RecoveryError> {
        use std::os::unix::fs::OpenOptionsExt;
        let part = partial(path);
        let _left_by_a_crash = fs::remove_file(&part);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(io(&part))?;
        file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()).map_err(io(&part))?;
        fs::rename(&part, path).and_then(|()| folder.sync_all()).map_err(io(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Never the same bytes twice.
    struct Counting(AtomicU8);

    impl Chance for Counting {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn one_fading_key_a_day_and_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recovery.key");
        let chance = Counting(AtomicU8::new(1));
        let now = Timestamp::from_millis(1_800_000_000_000);
        let make = |at| RecoveryKey::for_backup(&path, at, 90 * DAY, &chance).unwrap();
        let (all, first) = make(now);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(make(now.plus(Duration::from_secs(60))).1.id, first.id, "the same day, the same key");
        let (again, second) = make(now.plus(DAY));
        assert_eq!((*again.lasting, again.fading.len()), (*all.lasting, 2));
        assert_ne!(second.id, first.id);
        let read = RecoveryKey::read(&path).unwrap();
        assert_eq!(*read.holding(&first.id, now).unwrap().secret, *first.secret);
        assert!(read.holding(&first.id, first.until).is_none(), "it holds until then, and no longer");
        make(first.until);
        let hex = data_encoding::HEXLOWER.encode(&*first.secret);
        assert!(!fs::read_to_string(&path).unwrap().contains(&hex), "the key is gone from the file");
        assert!(RecoveryKey::read(&path).unwrap().fading.iter().any(|key| key.id == second.id));
    }

    #[test]
    fn behind_a_link_the_file_itself_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let chance = Counting(AtomicU8::new(1));
        let now = Timestamp::from_millis(1_800_000_000_000);
        let make = |at| RecoveryKey::for_backup(&link, at, 90 * DAY, &chance);
        assert!(make(now).is_err(), "a link that leads nowhere");
        RecoveryKey::for_backup(&file, now, 90 * DAY, &chance).unwrap();
        let (_, first) = make(now).unwrap();
        make(first.until).unwrap();
        assert!(link.is_symlink());
        assert!(RecoveryKey::read(&file).unwrap().fading.iter().all(|key| key.id != first.id), "it is gone");
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let hex = "ab".repeat(32);
        for wrong in ["", "lasting ab", "fading x", &format!("lasting {hex}\nlasting {hex}"), &format!("other {hex}")] {
            fs::write(&path, wrong).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(RecoveryKey::read(&path), Err(RecoveryError::Form(_))), "{wrong}");
        }
        fs::write(&path, format!("lasting {hex}\n")).unwrap();
        assert!(RecoveryKey::read(&path).is_ok(), "a copy of the one line is enough for the lasting part");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(RecoveryKey::read(&path), Err(RecoveryError::Open(_))));
    }
}
