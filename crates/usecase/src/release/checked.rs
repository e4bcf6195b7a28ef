//! The files of releases as they are read: held against their digest before the first byte leaves this process.
//!
//! Why: a file on a disk or in an object store may be damaged, and a device may fetch any part of it. So the whole file
//! is read once in the life of a process and held against the release's SHA-256; its sums by pieces are kept, and every
//! piece is held against its sum whenever it is read again.
//! Invariant: no byte leaves that does not belong to the file that was published.

use crate::error::{Error, Kind, Result};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tegata_domain::release::Release;
use tegata_keys::digest::{Sha256, sha256};
use tegata_store::object::{Objects, Pieces};
use tokio::sync::watch;
use tokio::time::Instant;

/// The least piece that has a sum of its own.
const PIECE: u64 = 256 * 1024;
/// The most pieces of a file: 128 kB of sums.
const PIECES: u64 = 4096;
/// So many files have their sums kept; past that the memory starts anew.
const FILES: usize = 256;
/// How long a request waits while a file is read for the first time.
const PATIENCE: Duration = Duration::from_secs(10);
/// A damaged file is looked at again after that, since somebody may have brought it back.
const AGAIN: Duration = Duration::from_secs(30);

/// What is sent of a file.
pub type Bodies = BoxStream<'static, Result<Bytes>>;

/// Sums of a file, by pieces.
pub(super) struct Sums {
    piece: u64,
    size: u64,
    sums: Vec<[u8; 32]>,
}

#[derive(Clone)]
enum State {
    Reading,
    Whole(Arc<Sums>),
    Damaged(Instant),
    Away,
}

/// Files that were read whole, and found whole or not.
pub(super) struct Checked {
    files: Objects,
    states: Mutex<HashMap<[u8; 32], watch::Receiver<State>>>,
    damaged: AtomicU64,
}

/// Name of the object of a release.
pub(super) fn name(release: &Release) -> String {
    data_encoding::HEXLOWER.encode(&release.sha256)
}

fn is_damaged() -> Error {
    let text = "the file of this release is damaged here and is not handed out; its operator was told. Try again later";
    Error::new(Kind::Unavailable, "damaged", text)
}

impl Checked {
    pub(super) fn new(files: Objects) -> Self {
        Checked { files, states: Mutex::default(), damaged: AtomicU64::new(0) }
    }

    /// How often a file was not what was published.
    pub(super) fn damaged(&self) -> u64 {
        self.damaged.load(Relaxed)
    }

    fn states(&self) -> MutexGuard<'_, HashMap<[u8; 32], watch::Receiver<State>>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Part of a file; fails at once where its first piece is not what it was.
    pub(super) async fn open(self: &Arc<Self>, release: &Arc<Release>, first: u64, length: u64) -> Result<Bodies> {
        let sums = self.sums(release).await?;
        let mut bodies = self.verified(release, sums, (first, length)).await?;
        let Some(head) = bodies.next().await.transpose()? else { return Ok(bodies) };
        Ok(stream::iter([Ok(head)]).chain(bodies).boxed())
    }

    /// The sums of a file that is whole. Many may ask at once; it is read once, and to its end though nobody waits.
    async fn sums(self: &Arc<Self>, release: &Arc<Release>) -> Result<Arc<Sums>> {
        let mut seen = self.state(release);
        let known = seen.wait_for(|state| !matches!(state, State::Reading));
        let state = match tokio::time::timeout(PATIENCE, known).await {
            Ok(Ok(state)) => state.clone(),
            Ok(Err(_)) => State::Away,
            Err(_) => {
                let text = "the file of this release is being checked before it is handed out; try again in a moment";
                return Err(Error::new(Kind::Unavailable, "checking", text));
            }
        };
        match state {
            State::Whole(sums) => Ok(sums),
            State::Damaged(_) => Err(is_damaged()),
            State::Reading | State::Away => Err(crate::error::objects_away()),
        }
    }

    fn state(self: &Arc<Self>, release: &Arc<Release>) -> watch::Receiver<State> {
        let mut states = self.states();
        if let Some(seen) = states.get(&release.sha256) {
            let held = match &*seen.borrow() {
                State::Reading => seen.has_changed().is_ok(),
                State::Whole(_) => true,
                State::Damaged(at) => at.elapsed() < AGAIN,
                State::Away => false,
            };
            if held {
                return seen.clone();
            }
        }
        if states.len() >= FILES {
            states.clear();
        }
        let (told, seen) = watch::channel(State::Reading);
        states.insert(release.sha256, seen.clone());
        drop(states);
        let (us, release) = (Arc::clone(self), Arc::clone(release));
        let _to_its_end = tokio::spawn(async move {
            let state = match us.read(&release).await {
                Ok(Some(sums)) => State::Whole(Arc::new(sums)),
                Ok(None) => {
                    us.found_damaged(&release);
                    State::Damaged(Instant::now())
                }
                Err(error) => {
                    tracing::warn!(%error, release = %release.uid, "the file of a release cannot be read");
                    State::Away
                }
            };
            told.send_replace(state);
        });
        seen
    }

    fn found_damaged(&self, release: &Release) {
        self.damaged.fetch_add(1, Relaxed);
        let (uid, file) = (release.uid, name(release));
        tracing::error!(
            release = %uid, file,
            "the file of a release is missing or damaged and is not handed out; bring it back from a backup, under its \
             digest as name"
        );
    }

    /// Reads a file whole; `None` where it is not what was published.
    async fn read(&self, release: &Release) -> Result<Option<Sums>> {
        let Some(mut pieces) = self.files.all(&name(release)).await? else { return Ok(None) };
        let piece = release.size.div_ceil(PIECES).next_multiple_of(PIECE);
        let (mut digests, mut sums, mut one, mut size) = (Sha256::default(), Vec::new(), Sha256::default(), 0);
        while let Some(mut bytes) = pieces.try_next().await? {
            digests.update(&bytes);
            while !bytes.is_empty() {
                let room = piece - size % piece;
                let part = bytes.split_to(bytes.len().min(room as usize));
                one.update(&part);
                size += part.len() as u64;
                if size % piece == 0 {
                    sums.push(std::mem::take(&mut one).finish());
                }
            }
            if size > release.size {
                return Ok(None);
            }
        }
        if size % piece != 0 {
            sums.push(one.finish());
        }
        let whole = size == release.size && digests.finish() == release.sha256;
        Ok(whole.then_some(Sums { piece, size, sums }))
    }

    /// Part of a file, each piece held against its sum before any byte of it is handed on.
    async fn verified(
        self: &Arc<Self>,
        release: &Arc<Release>,
        sums: Arc<Sums>,
        (first, length): (u64, u64),
    ) -> Result<Bodies> {
        let until = first + length;
        let begin = first - first % sums.piece;
        let end = until.next_multiple_of(sums.piece).min(sums.size);
        let found = self.files.part(&name(release), begin, end - begin).await?;
        let pieces = found.ok_or_else(|| self.changed(release))?;
        let cutter = Cutter { pieces, waiting: BytesMut::new(), at: begin };
        let (us, release) = (Arc::clone(self), Arc::clone(release));
        let bodies = stream::try_unfold(cutter, move |mut cutter| {
            let (us, release, sums) = (Arc::clone(&us), Arc::clone(&release), Arc::clone(&sums));
            async move {
                let at = cutter.at;
                if at >= end {
                    return Ok(None);
                }
                let piece =
                    cutter.next(sums.piece.min(sums.size - at) as usize).await.inspect_err(|_| us.forget(&release))?;
                let sum = sums.sums.get((at / sums.piece) as usize);
                if piece.as_ref().map(|piece| sha256(piece)).as_ref() != sum {
                    return Err(us.changed(&release));
                }
                let piece = piece.unwrap_or_default();
                let from = first.saturating_sub(at).min(piece.len() as u64) as usize;
                let to = (until - at).min(piece.len() as u64) as usize;
                Ok(Some((piece.slice(from..to), cutter)))
            }
        });
        Ok(bodies.boxed())
    }

    /// It was whole once, and is not any more.
    fn changed(&self, release: &Release) -> Error {
        self.forget(release);
        self.found_damaged(release);
        is_damaged()
    }

    fn forget(&self, release: &Release) {
        self.states().remove(&release.sha256);
    }
}

/// Cuts what is read into pieces of another length.
struct Cutter {
    pieces: Pieces,
    waiting: BytesMut,
    at: u64,
}

impl Cutter {
    /// The next so many bytes; `None` where fewer are left.
    async fn next(&mut self, length: usize) -> Result<Option<Bytes>> {
        while self.waiting.len() < length {
            match self.pieces.try_next().await? {
                None => return Ok(None),
                Some(bytes) if self.waiting.is_empty() && bytes.len() == length => {
                    self.at += length as u64;
                    return Ok(Some(bytes));
                }
                Some(bytes) => self.waiting.extend_from_slice(&bytes),
            }
        }
        self.at += length as u64;
        Ok(Some(self.waiting.split_to(length).freeze()))
    }
}
