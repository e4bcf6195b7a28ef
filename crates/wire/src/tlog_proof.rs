//! A proof that stands alone: entry `index` is in the log of this checkpoint (C2SP tlog-proof, `@v1`).
//!
//! Why here: such a file ships with a device or a firmware and is checked without a network. `extra` carries what
//! rebuilds the leaf; in the device log that is salt and event (see [`crate::life::Extra`]).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJt           left out when there is none
//! index 73894
//! gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=  the leaf's sibling, then upwards
//!
//! example.com/fancylog                          the checkpoint, a signed note, to the end of the file
//! …
//! ```

use crate::signed_note::{Checkpoint, MAX_NOTE, NoteError, Verifier, open};
use crate::tlog::{Hash, MAX_PROOF, Malformed, ProofError, check_inclusion, decimal, hash_of_base64};
use crate::tlog_tiles::MAX_ENTRY;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt::{self, Write};

/// The extension of such files.
pub const EXTENSION: &str = "tlog-proof";

/// Bytes that `extra` may have: a salt and the longest event.
pub const MAX_EXTRA: usize = 32 + MAX_ENTRY;

/// Bytes of a file: `extra` in base64, the hashes, the note, and 256 for the fixed parts.
pub const MAX_FILE: usize = MAX_EXTRA.div_ceil(3) * 4 + MAX_PROOF * 45 + MAX_NOTE + 256;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1\n";

/// Why a proof does not convince.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The checkpoint is not signed by the log.
    #[error("the checkpoint of the proof is refused")]
    Checkpoint(#[from] NoteError),
    /// The checkpoint is that of another log.
    #[error("the proof is for the log {0}")]
    Origin(String),
    /// The entry is not where the proof says.
    #[error("the entry is not proved to be in the log")]
    Inclusion(#[from] ProofError),
}

/// A proof file. Displays as its text.
#[derive(Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// What the application adds; empty if nothing. Not authenticated by itself.
    pub extra: Vec<u8>,
    /// Of the entry, from 0.
    pub index: u64,
    /// From the leaf's sibling to the root's child (RFC 6962 §2.1.1).
    pub hashes: Vec<Hash>,
    /// The note as the log published it, with the lines of witnesses. Not empty.
    pub checkpoint: String,
}

impl TlogProof {
    /// Reads a file. The checkpoint is not opened yet: see [`TlogProof::check`].
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_FILE {
            return Err(Malformed("proof too long"));
        }
        let text = text.strip_prefix(FIRST_LINE).ok_or(Malformed("first line of the proof"))?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Malformed("proof without checkpoint"))?;
        if checkpoint.is_empty() || checkpoint.len() > MAX_NOTE {
            return Err(Malformed("length of the checkpoint"));
        }
        let (extra, head) = match head.strip_prefix("extra ") {
            None => (Vec::new(), head),
            Some(rest) => {
                let (extra, head) = rest.split_once('\n').ok_or(Malformed("proof without index"))?;
                (parse_extra(extra)?, head)
            }
        };
        let mut lines = head.split('\n');
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(Malformed("index of the proof"))?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() == MAX_PROOF {
                return Err(Malformed("number of hashes"));
            }
            hashes.push(hash_of_base64(line).ok_or(Malformed("hash of the proof"))?);
        }
        Ok(TlogProof { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Checks that a key in `keys`, those of the log `origin`, signed the checkpoint and that `leaf` is at `index` of
    /// its tree; gives the checkpoint. Whether enough witnesses signed it is the caller's policy: [`open`] tells.
    pub fn check(&self, leaf: &Hash, origin: &str, keys: &[Verifier]) -> Result<Checkpoint, CheckError> {
        let opened = open(&self.checkpoint, keys)?;
        let checkpoint = Checkpoint::parse(opened.text).map_err(NoteError::from)?;
        if checkpoint.origin != origin {
            return Err(CheckError::Origin(checkpoint.origin));
        }
        check_inclusion(&self.hashes, checkpoint.size, self.index, leaf, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

fn parse_extra(text: &str) -> Result<Vec<u8>, Malformed> {
    match BASE64_STANDARD.decode(text) {
        Ok(extra) if extra.is_empty() || extra.len() > MAX_EXTRA => Err(Malformed("length of the extra data")),
        Ok(extra) => Ok(extra),
        Err(_) => Err(Malformed("base64 of the extra data")),
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FIRST_LINE)?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", BASE64_STANDARD.encode(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", BASE64_STANDARD.encode(hash))?;
        }
        f.write_char('\n')?;
        f.write_str(&self.checkpoint)
    }
}

/// Without `extra`, which may hold somebody's event.
impl fmt::Debug for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, hashes) = (self.index, self.hashes.len());
        write!(f, "TlogProof {{ index: {index}, hashes: {hashes}, extra: {} bytes }}", self.extra.len())
    }
}

#[cfg(test)]
#[path = "tlog_proof_tests.rs"]
mod tests;
