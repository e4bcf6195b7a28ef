//! Sealed files of any length: what a backup is at rest. Tegata's own format, version 1.
//!
//! AES-256-GCM in chunks of 64 KiB, after the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015; age uses
//! it too): a chunk is bound to its place, and the last one is marked, so nothing can be cut off, moved or put in
//! unseen.
//!
//! ```text
//! magic   "tegata-vault/1\n"
//! salt    32 random bytes
//! check   the first 16 bytes of HMAC-SHA256(secret, "tegata-vault/v1 check\n" ‖ salt)
//! chunk*  AES-256-GCM under HMAC-SHA256(secret, "tegata-vault/v1 key\n" ‖ salt), tag at the end
//!         nonce: number of the chunk from 0 as 11 bytes, big-endian ‖ 1 for the last chunk, 0 for all others
//!         plain: 65,536 bytes, the last one 0 to 65,536
//! ```
//!
//! Invariant: [`Opened`] gives out no byte that was not authenticated, and reports an end only after the last chunk.

use crate::signer::KeyError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// What every such file begins with.
pub const MAGIC: &[u8; 15] = b"tegata-vault/1\n";
const CHUNK: usize = 65_536;
const TAG: usize = 16;

/// Why a sealed file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It does not begin as such a file does.
    #[error("this is no sealed file of tegata")]
    Form,
    /// It was sealed under another secret.
    #[error("this key is not the one that the file was sealed under")]
    WrongKey,
    /// It ends too early.
    #[error("the file was cut off: its end is missing")]
    CutOff,
    /// Bytes were changed.
    #[error("the file was changed or is damaged, about {0} bytes from its beginning")]
    Damaged(u64),
}

impl From<VaultError> for io::Error {
    fn from(error: VaultError) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

fn derive(secret: &[u8; 32], label: &[u8], salt: &[u8; 32]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, &[label, salt].concat())
}

fn cipher(secret: &[u8; 32], salt: &[u8; 32]) -> Result<LessSafeKey, KeyError> {
    let key = derive(secret, b"tegata-vault/v1 key\n", salt);
    let key = UnboundKey::new(&AES_256_GCM, key.as_ref()).map_err(|_| KeyError("vault key"))?;
    Ok(LessSafeKey::new(key))
}

fn check(secret: &[u8; 32], salt: &[u8; 32]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&derive(secret, b"tegata-vault/v1 check\n", salt).as_ref()[..16]);
    out
}

/// A salt makes a key of its own for each file, so numbers of chunks may serve as nonces.
fn nonce(number: u64, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = last.into();
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. Without [`Sealing::finish`] the file stays unreadable.
pub struct Sealing<W: Write> {
    out: W,
    key: LessSafeKey,
    number: u64,
    waiting: Vec<u8>,
}

impl<W: Write> Sealing<W> {
    /// Begins a file under `secret`. `salt` is random and used once.
    pub fn new(mut out: W, secret: &[u8; 32], salt: &[u8; 32]) -> io::Result<Self> {
        let key = cipher(secret, salt).map_err(io::Error::other)?;
        out.write_all(&[MAGIC.as_slice(), salt, &check(secret, salt)].concat())?;
        Ok(Sealing { out, key, number: 0, waiting: Vec::with_capacity(CHUNK + TAG) })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let sealed = self.key.seal_in_place_append_tag(nonce(self.number, last), Aad::empty(), &mut self.waiting);
        sealed.map_err(|_| io::Error::other("sealing failed"))?;
        self.out.write_all(&self.waiting)?;
        self.waiting.clear();
        self.number += 1;
        Ok(())
    }

    /// Writes the last chunk; answers what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // a full chunk waits until more comes: it may be the last
        if self.waiting.len() == CHUNK {
            self.seal(false)?;
        }
        let count = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What went wrong while a sealed file was read, also where a reader in between hides it.
#[derive(Debug, Clone, Default)]
pub struct Fault(Arc<Mutex<Option<VaultError>>>);

impl Fault {
    /// The fault, if there was one.
    pub fn seen(&self) -> Option<VaultError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what [`Sealing`] wrote.
pub struct Opened<R: Read> {
    from: BufReader<R>,
    key: LessSafeKey,
    number: u64,
    plain: Vec<u8>,
    at: usize,
    ended: bool,
    fault: Fault,
}

impl<R: Read> Opened<R> {
    /// Opens a file under `secret`.
    pub fn new(from: R, secret: &[u8; 32]) -> io::Result<Self> {
        let mut from = BufReader::with_capacity(CHUNK + TAG, from);
        let (mut magic, mut salt, mut told) = ([0; 15], [0; 32], [0; 16]);
        let short = |e: io::Error| if e.kind() == io::ErrorKind::UnexpectedEof { VaultError::Form.into() } else { e };
        from.read_exact(&mut magic).map_err(short)?;
        if magic != *MAGIC {
            return Err(VaultError::Form.into());
        }
        from.read_exact(&mut salt).and_then(|()| from.read_exact(&mut told)).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => VaultError::CutOff.into(),
            _ => e,
        })?;
        let known = aws_lc_rs::constant_time::verify_slices_are_equal(&told, &check(secret, &salt));
        known.map_err(|_| VaultError::WrongKey)?;
        let key = cipher(secret, &salt).map_err(io::Error::other)?;
        Ok(Opened { from, key, number: 0, plain: Vec::new(), at: 0, ended: false, fault: Fault::default() })
    }

    /// Where a fault is told later on.
    pub fn fault(&self) -> Fault {
        self.fault.clone()
    }

    fn open(&self, sealed: &[u8], last: bool) -> Option<Vec<u8>> {
        let mut plain = sealed.to_vec();
        let opened = self.key.open_in_place(nonce(self.number, last), Aad::empty(), &mut plain);
        let length = opened.ok()?.len();
        plain.truncate(length);
        Some(plain)
    }

    fn next(&mut self) -> io::Result<()> {
        let mut sealed = Vec::with_capacity(CHUNK + TAG);
        (&mut self.from).take((CHUNK + TAG) as u64).read_to_end(&mut sealed)?;
        let last = self.from.fill_buf()?.is_empty();
        let Some(plain) = self.open(&sealed, last) else {
            let cut = last && (sealed.is_empty() || self.open(&sealed, false).is_some());
            let error = if cut { VaultError::CutOff } else { VaultError::Damaged(63 + self.number * 65_552) };
            *self.fault.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            return Err(error.into());
        };
        (self.plain, self.at, self.ended) = (plain, 0, last);
        self.number += 1;
        Ok(())
    }
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() && !self.ended {
            self.next()?;
        }
        let count = out.len().min(self.plain.len() - self.at);
        out[..count].copy_from_slice(&self.plain[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn seal(plain: &[u8]) -> Vec<u8> {
        let mut sealing = Sealing::new(Vec::new(), &SECRET, &[9; 32]).unwrap();
        sealing.write_all(plain).unwrap();
        sealing.finish().unwrap()
    }

    fn open(sealed: &[u8], secret: &[u8; 32]) -> Result<Vec<u8>, VaultError> {
        let fault = |e: io::Error| *e.get_ref().unwrap().downcast_ref::<VaultError>().unwrap();
        let mut plain = Vec::new();
        Opened::new(sealed, secret).map_err(fault)?.read_to_end(&mut plain).map_err(fault)?;
        Ok(plain)
    }

    #[test]
    fn what_was_sealed_is_opened() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let sealed = seal(&plain);
            assert_eq!(open(&sealed, &SECRET).unwrap(), plain, "{length}");
            assert_eq!(open(&sealed, &[8; 32]), Err(VaultError::WrongKey));
        }
    }

    #[test]
    fn every_cut_is_refused() {
        let sealed = seal(&vec![1; 2 * CHUNK + 100]);
        let chunk = CHUNK + TAG;
        for end in [63, 63 + chunk, 63 + 2 * chunk] {
            assert_eq!(open(&sealed[..end], &SECRET), Err(VaultError::CutOff), "at {end}");
        }
        assert_eq!(open(&sealed[..20], &SECRET), Err(VaultError::CutOff));
        assert_eq!(open(&sealed[..10], &SECRET), Err(VaultError::Form));
        for end in [64, 63 + chunk + 1, sealed.len() - 1] {
            assert!(matches!(open(&sealed[..end], &SECRET), Err(VaultError::Damaged(_))), "at {end}");
        }
    }

    #[test]
    fn every_change_is_refused() {
        let sealed = seal(&vec![1; CHUNK + 100]);
        for at in [63, 63 + CHUNK, 63 + CHUNK + TAG, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(matches!(open(&changed, &SECRET), Err(VaultError::Damaged(_))), "at {at}");
        }
        let mut longer = sealed.clone();
        longer.push(0);
        assert!(open(&longer, &SECRET).is_err());
        let (head, chunks) = sealed.split_at(63);
        let (first, second) = chunks.split_at(CHUNK + TAG);
        assert!(open(&[head, second, first].concat(), &SECRET).is_err(), "moved");
        assert!(open(&[head, first, first, second].concat(), &SECRET).is_err(), "put in twice");
        assert_eq!(open(b"PK\x03\x04 something else", &SECRET), Err(VaultError::Form));
    }
}
