//! Fetches an image: hashed while it comes, resumed after a cut, never longer than its manifest says.

use super::{FILE, Phase, Update, image};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::folder::FolderError;
use crate::link::{Link, LinkError};
use crate::release::hex;
use aws_lc_rs::digest::{Context, SHA256};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many bytes come before the image and how far it is are made durable.
const STEP: u64 = 4 * 1024 * 1024;
const BUFFER: usize = 64 * 1024;
/// One request lasts no longer; who has more to fetch asks again.
const SPAN_MAX: Duration = Duration::from_secs(600);
const SPAN_MIN: Duration = Duration::from_secs(5);

/// How a fetch ends.
pub enum Fetched {
    /// The image is there and its digest is right.
    Whole(Update),
    /// There is more to come.
    Part,
    /// What came is not the image, or there is no room for it.
    Wrong(Update, String),
}

/// How the bytes of one answer end.
enum Received {
    All,
    Enough,
    Wrong(String),
}

/// An image on its way to the disk.
struct Fetch<'c> {
    cx: &'c Cx,
    path: PathBuf,
    update: Update,
    digest: Context,
    /// Bytes on the disk that are not durable yet.
    unsynced: u64,
}

/// Fetches until the image is whole or `until` has come.
pub fn fetch(cx: &Cx, link: &Link, update: Update, until: Duration) -> Result<Fetched> {
    let mut fetch = Fetch { cx, path: image(cx), update, digest: Context::new(&SHA256), unsynced: 0 };
    fetch.resume()?;
    let resumed = fetch.update.synced > 0;
    if fetch.update.synced < fetch.update.size {
        let span = until.saturating_sub(cx.time.passed()).clamp(SPAN_MIN, SPAN_MAX);
        let mut from = link.download(&fetch.update.href, fetch.update.synced, span)?;
        if from.starts_at == 0 && fetch.update.synced > 0 {
            fetch.restart()?;
        }
        match fetch.receive(&mut from, until)? {
            Received::All => {}
            Received::Enough => return Ok(Fetched::Part),
            Received::Wrong(why) => return Ok(Fetched::Wrong(fetch.update, why)),
        }
    }
    fetch.judge(resumed)
}

impl Fetch<'_> {
    fn named(&self) -> impl FnOnce(io::Error) -> Error + use<> {
        let path = self.path.clone();
        move |why| Error::file(path, why)
    }

    /// Cuts what was not durable and hashes the rest.
    fn resume(&mut self) -> Result<()> {
        let disk = self.cx.folder.disk();
        let there = disk.length(&self.path).map_err(self.named())?.unwrap_or(0);
        if there < self.update.synced {
            self.update.synced = 0;
        }
        if there > self.update.synced {
            disk.truncate(&self.path, self.update.synced).map_err(self.named())?;
        }
        if self.update.synced > 0 {
            let mut file = disk.open(&self.path).map_err(self.named())?;
            each(&mut file, |bytes| self.digest.update(bytes)).map_err(self.named())?;
        }
        Ok(())
    }

    /// Begins anew.
    fn restart(&mut self) -> Result<()> {
        self.cx.folder.disk().write(&self.path, &[]).map_err(self.named())?;
        (self.update.synced, self.unsynced, self.digest) = (0, 0, Context::new(&SHA256));
        Ok(())
    }

    fn receive(&mut self, from: &mut dyn Read, until: Duration) -> Result<Received> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = from.read(&mut buffer);
            let bytes = read.as_ref().map_or(&[][..], |length| &buffer[..*length]);
            let have = self.update.synced + self.unsynced + bytes.len() as u64;
            if have > self.update.size {
                let why = format!("the image is longer than the {} bytes of its manifest", self.update.size);
                return Ok(Received::Wrong(why));
            }
            if let Err(why) = self.cx.folder.disk().append(&self.path, bytes) {
                return self.stopped(self.of_image(why));
            }
            self.digest.update(bytes);
            self.unsynced += bytes.len() as u64;
            let ended = bytes.is_empty() || have == self.update.size;
            let late = self.cx.time.passed() >= until;
            if (ended || late || self.unsynced >= STEP)
                && let Err(why) = self.keep()
            {
                return self.stopped(why);
            }
            match (ended, late) {
                (true, _) if have == self.update.size => return Ok(Received::All),
                (true, _) => {
                    let why = read.err().map_or_else(|| "the connection ended".into(), |why| why.to_string());
                    let why = format!("{have} of {} bytes came: {why}", self.update.size);
                    return Err(LinkError::Transport(why).into());
                }
                (false, true) => return Ok(Received::Enough),
                (false, false) => {}
            }
        }
    }

    /// Makes what came durable: first the image, then how far it is.
    fn keep(&mut self) -> Result<(), FolderError> {
        self.cx.folder.disk().sync(&self.path).map_err(|why| self.of_image(why))?;
        if self.unsynced > 0 {
            self.update.refusals = 0;
        }
        self.update.synced += std::mem::take(&mut self.unsynced);
        self.cx.folder.save_json(FILE, &self.update)
    }

    fn of_image(&self, why: io::Error) -> FolderError {
        FolderError { path: self.path.clone(), why }
    }

    /// The disk takes no more. Where it is full the image's room is given back at once: the reason must be written down
    /// beside it, and a file that is only removed later would leave no room for that.
    fn stopped(&mut self, error: FolderError) -> Result<Received> {
        if !matches!(error.why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) {
            return Err(error.into());
        }
        let _not_there_at_all = self.cx.folder.disk().truncate(&self.path, 0);
        (self.update.synced, self.unsynced) = (0, 0);
        Ok(Received::Wrong(format!("no room for {} bytes", self.update.size)))
    }

    fn judge(mut self, resumed: bool) -> Result<Fetched> {
        let digest = std::mem::replace(&mut self.digest, Context::new(&SHA256));
        if hex(digest.finish().as_ref()) == self.update.sha256 {
            self.update.phase = Phase::Downloaded;
            self.update.save(self.cx)?;
            return Ok(Fetched::Whole(self.update));
        }
        if resumed && !self.update.again {
            // a torn end may have been kept: once, all is fetched anew
            self.update.again = true;
            self.restart()?;
            self.update.save(self.cx)?;
            return Ok(Fetched::Part);
        }
        Ok(Fetched::Wrong(self.update, "the image's digest is not the one of its manifest".into()))
    }
}

/// The digest of a file.
pub fn digest_of(cx: &Cx, path: &Path) -> Result<String> {
    let mut digest = Context::new(&SHA256);
    let read = cx.folder.disk().open(path).and_then(|mut file| each(&mut file, |bytes| digest.update(bytes)));
    read.map_err(|why| Error::file(path, why))?;
    Ok(hex(digest.finish().as_ref()))
}

fn each(file: &mut dyn Read, mut with: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            length => with(&buffer[..length]),
        }
    }
}
