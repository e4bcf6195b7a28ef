//! Chains of backups: a full one, and increments that rest on it.
//!
//! Invariant: a link is known by its id, which stands under its seal; names of files only say where to look first.

use super::archive::{CHANGED, FADING_CHANGED, FADING_MAP, FADING_VAULT, FRONT, MAP, damaged, read, read_file};
use super::manifest::{Front, Link, readable};
use super::*;
use crate::error::Result;
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tegata_domain::time::Timestamp;
use tegata_keys::recovery::RecoveryKey;
use tegata_store::archive::write_file;
use tegata_store::increment;

/// No front is longer: a line a release.
const FRONT_MAX: u64 = 64 << 20;
/// No chain is longer: each link is a file that must not be lost.
const LINKS_MAX: usize = 100;

/// A backup of a chain.
pub(super) struct Member {
    /// Its file.
    pub path: PathBuf,
    /// What it says first; `None`: of a format that knew no increments.
    pub front: Option<Front>,
}

/// What a backup says first.
pub(super) fn front(path: &Path, lasting: &[u8; 32]) -> Result<Option<Front>> {
    let called = path.display().to_string();
    let mut text = None;
    read_file(path, lasting, |name, content| {
        if name == FRONT {
            let mut bytes = Vec::new();
            content.take(FRONT_MAX).read_to_end(&mut bytes).map_err(|e| damaged(&called, e))?;
            text = Some(bytes);
        }
        Ok(ControlFlow::Break(()))
    })?;
    let Some(text) = text else { return Ok(None) };
    let front: Front = serde_json::from_slice(&text).map_err(|e| damaged(&called, e))?;
    readable(front.format, &called)?;
    Ok(Some(front))
}

/// The folder of a file.
pub(super) fn beside(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// All backups in a folder that this key opens.
pub(super) fn all_in(folder: &Path, lasting: &[u8; 32]) -> Result<Vec<(PathBuf, Front)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| local(&folder.display().to_string(), e))? {
        let path = entry.map_err(|e| local(&folder.display().to_string(), e))?.path();
        // other files may lie there, and backups under other keys
        if path.is_file() && path.extension().is_none_or(|end| end != "part") {
            all.extend(front(&path, lasting).ok().flatten().map(|front| (path, front)));
        }
    }
    all.sort_by(|a, b| a.1.made_at.cmp(&b.1.made_at));
    Ok(all)
}

/// A backup and all that it rests on, the full one first. Each is looked for under the name that it had, then under any.
pub(super) fn chain(newest: &Path, lasting: &[u8; 32]) -> Result<Vec<Member>> {
    let last = front(newest, lasting)?;
    let links = last.as_ref().map(|front| front.chain.clone()).unwrap_or_default();
    let folder = beside(newest);
    let mut all = None;
    let mut members = Vec::new();
    for link in links {
        let named = folder.join(&link.file);
        let there = if named.is_file() { front(&named, lasting) } else { Ok(None) };
        if let Ok(Some(front)) = &there
            && front.id == link.id
        {
            members.push(Member { path: named, front: Some(front.clone()) });
            continue;
        }
        if all.is_none() {
            all = Some(all_in(folder, lasting)?);
        }
        let found = all.iter().flatten().find(|(_, front)| front.id == link.id);
        // a file of its name that cannot be read is more likely broken than another's
        let lost = |()| there.err().unwrap_or_else(|| missing(newest, &link));
        let (path, front) = found.ok_or(()).map_err(lost)?;
        members.push(Member { path: path.clone(), front: Some(front.clone()) });
    }
    members.push(Member { path: newest.to_owned(), front: last });
    Ok(members)
}

fn missing(newest: &Path, link: &Link) -> Error {
    let text = format!(
        "{} is an increment and rests on {} of {} (id {}), which is not in {}, or cannot be opened; bring it there",
        newest.display(),
        link.file,
        link.made_at,
        link.id,
        beside(newest).display()
    );
    Error::new(Kind::Invalid, "chain", text)
}

/// What a new increment rests on.
pub(super) struct Base {
    members: Vec<Member>,
    /// What the newest of them says first.
    pub front: Front,
}

impl Base {
    /// Of the backup in `since`, which must be whole and within its time.
    pub fn open(since: &Path, keys: &RecoveryKey, now: Timestamp) -> Result<Base> {
        let full = "make a full backup, without --since";
        let wrong = |text: String| Error::new(Kind::Invalid, "since", format!("{}: {text}; {full}", since.display()));
        let members = chain(since, &keys.lasting)?;
        let front = members.last().and_then(|member| member.front.clone());
        let front = front.ok_or_else(|| wrong("an older program made it, and nothing can rest on it".into()))?;
        if members.len() > LINKS_MAX {
            return Err(wrong(format!("{LINKS_MAX} increments follow one another already")));
        }
        if Timestamp::parse(&front.fading_until).is_none_or(|until| until <= now) {
            return Err(wrong(format!("the time of its event payloads ({}) is over", front.fading_until)));
        }
        for key in members.iter().flat_map(|member| &member.front).map(|front| &front.fading_key) {
            if keys.holding(key, now).is_none() {
                return Err(wrong(format!("its fading key {key} is not in the recovery key")));
            }
        }
        Ok(Base { members, front })
    }

    /// The chain of what rests on it.
    pub fn links(&self) -> Vec<Link> {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let link = |m: &Member| {
            let front = m.front.as_ref()?;
            Some(Link { id: front.id, file: name(&m.path), made_at: front.made_at.clone() })
        };
        self.members.iter().filter_map(link).collect()
    }

    /// Writes the maps of the state that it stands for into `folder`: of the database, and of the fading part.
    pub fn maps(&self, keys: &RecoveryKey, now: Timestamp, folder: &Path) -> Result<[PathBuf; 2]> {
        let maps = ["base-map.db", "base-fading-map.db"].map(|name| folder.join(name));
        let newer = ["newer.db", "newer-fading.db"].map(|name| folder.join(name));
        for (i, member) in self.members.iter().enumerate() {
            let key = member.front.as_ref().and_then(|front| keys.holding(&front.fading_key, now));
            let key = key.ok_or_else(|| local("backup", "a fading key went while the backup was made"))?;
            let to = if i == 0 { &maps } else { &newer };
            member.take(&keys.lasting, &key.secret, to)?;
            if i > 0 {
                for (map, newer) in maps.iter().zip(&newer) {
                    increment::lay_over(map, newer).map_err(stored)?;
                    fs::remove_file(newer).map_err(|e| local("backup", e))?;
                }
            }
        }
        Ok(maps)
    }
}

impl Member {
    /// Takes map, or changes, of both parts out of it. They come first, so little of it is read.
    fn take(&self, lasting: &[u8; 32], fading: &[u8; 32], to: &[PathBuf; 2]) -> Result<()> {
        let mut found = 0;
        read_file(&self.path, lasting, |name, content| {
            match name {
                MAP | CHANGED => write_file(&to[0], content).map_err(stored)?,
                FADING_VAULT => {
                    read(name, content, fading, |name, content| {
                        let known = [FADING_MAP, FADING_CHANGED].contains(&name);
                        if known {
                            write_file(&to[1], content).map_err(stored)?;
                            found += 1;
                        }
                        Ok(ControlFlow::Break(()))
                    })?;
                    return Ok(ControlFlow::Break(()));
                }
                _ => return Ok(ControlFlow::Continue(())),
            }
            found += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        let called = self.path.display().to_string();
        if found == 2 { Ok(()) } else { Err(damaged(&called, "it does not hold what an increment compares with")) }
    }
}

/// Backups beside `newest` whose event payloads nobody can restore any more, and that nothing younger rests on.
pub(super) fn spent(newest: &Path, lasting: &[u8; 32], now: Timestamp) -> Result<Vec<PathBuf>> {
    let all = all_in(beside(newest), lasting)?;
    let over = |front: &Front| Timestamp::parse(&front.fading_until).is_some_and(|until| until <= now);
    let needed: Vec<_> =
        all.iter().filter(|(_, front)| !over(front)).flat_map(|(_, front)| front.chain.iter().map(|l| l.id)).collect();
    let spent = all.into_iter().filter(|(path, front)| path != newest && over(front) && !needed.contains(&front.id));
    Ok(spent.map(|(path, _)| path).collect())
}

/// Removes half-written backups that a kill left in a folder: they bear our mark, end in `.part`, and nobody holds them.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|p| p.extension().is_some_and(|e| e == "part")) {
        let Ok(mut file) = File::open(&path) else { continue };
        let mut mark = [0; 15];
        let ours = file.read_exact(&mut mark).is_ok() && mark == *tegata_keys::sealed_file::MAGIC;
        if ours && file.try_lock().is_ok() {
            let _it_is_tried_again_with_the_next = fs::remove_file(&path);
        }
    }
}
