//! The Merkle tree of the ledger: hashes and the checking of proofs (RFC 6962 §2.1 with SHA-256).
//!
//! Why here: whoever verifies (agent, witness, look-up page, tests) needs these few functions and no store. The
//! writing side, which reads tiles, is [`crate::tlog_tiles`].
//! Invariant: leaves and nodes are hashed under different first bytes, so that no node can pass for a leaf.

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};

/// A SHA-256 value: a leaf, a node or a root.
pub type Hash = [u8; 32];

/// More hashes than this no proof in a tree of 2^64 leaves has.
pub const MAX_PROOF: usize = 64;

/// Leaves that fit here are hashed without a heap or a context: those of the device log have 33 bytes.
const SHORT_LEAF: usize = 255;

/// The bytes or the text of one of the ledger's formats are not what its specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed: {0}")]
pub struct Malformed(pub &'static str);

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such entry.
    #[error("a tree of {size} entries has none at index {index}")]
    Index {
        /// Zero-based.
        index: u64,
        /// Entries in the tree.
        size: u64,
    },
    /// A tree cannot be the predecessor of a smaller one.
    #[error("a tree of {old} entries does not come before one of {new}")]
    Sizes {
        /// Entries in the tree said to be older.
        old: u64,
        /// Entries in the tree said to be newer.
        new: u64,
    },
    /// Too few or too many hashes for these sizes.
    #[error("the proof has a wrong number of hashes")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Root,
}

/// The hash of a leaf: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    if entry.len() > SHORT_LEAF {
        return sha256(&[&[0], entry]);
    }
    let mut input = [0; 1 + SHORT_LEAF];
    input[1..=entry.len()].copy_from_slice(entry);
    to_hash(digest(&SHA256, &input[..=entry.len()]).as_ref())
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [1; 65];
    input[1..33].copy_from_slice(left);
    input[33..].copy_from_slice(right);
    to_hash(digest(&SHA256, &input).as_ref())
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    to_hash(digest(&SHA256, &[]).as_ref())
}

/// Checks that the leaf with hash `leaf` is at `index` of the tree of `size` leaves with this `root`
/// (RFC 9162 §2.1.3.2; the same trees as RFC 6962 §2.1.1). `proof` goes from the leaf's sibling to the root's child.
pub fn check_inclusion(proof: &[Hash], size: u64, index: u64, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
    if proof.len() > MAX_PROOF {
        return Err(ProofError::Length);
    }
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            // A last node without a right sibling rises unchanged; `at` is not 0 here, since `last` is not.
            let rise = at.trailing_zeros();
            (at, last) = (at >> rise, last >> rise);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `old_size` leaves is a beginning of the tree of `new_size` leaves (RFC 9162 §2.1.4.2).
/// Between equal trees, and from the empty tree, the proof is empty.
pub fn check_consistency(
    proof: &[Hash],
    old_size: u64,
    new_size: u64,
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if proof.len() > MAX_PROOF {
        return Err(ProofError::Length);
    }
    if old_size > new_size {
        return Err(ProofError::Sizes { old: old_size, new: new_size });
    }
    if old_size == 0 || old_size == new_size {
        if !proof.is_empty() {
            return Err(ProofError::Length);
        }
        let expected = if old_size == 0 { empty_root() } else { *new_root };
        let same = old_size < new_size || old_root == new_root;
        return if *old_root == expected && same { Ok(()) } else { Err(ProofError::Root) };
    }
    // An old tree that is one perfect subtree is its own first hash.
    let (first, rest) = match (old_size.is_power_of_two(), proof.split_first()) {
        (true, _) => (old_root, proof),
        (false, Some((first, rest))) => (first, rest),
        (false, None) => return Err(ProofError::Length),
    };
    let climb = (old_size - 1).trailing_ones();
    let (mut at, mut last) = ((old_size - 1) >> climb, (new_size - 1) >> climb);
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            let rise = at.trailing_zeros();
            (at, last) = (at >> rise, last >> rise);
        } else {
            new = node_hash(&new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old == *old_root && new == *new_root { Ok(()) } else { Err(ProofError::Root) }
}

/// The root of a perfect subtree over `hashes`, of which there is a power of two.
pub(crate) fn perfect_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        [left, right] => node_hash(left, right),
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            node_hash(&perfect_root(left), &perfect_root(right))
        }
    }
}

/// SHA-256 over the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    to_hash(context.finish().as_ref())
}

/// A number as the C2SP texts write it: ASCII decimal without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

/// A hash as the C2SP texts write it: padded standard base64.
pub(crate) fn hash_of_base64(text: &str) -> Option<Hash> {
    if text.len() != 44 {
        return None;
    }
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

/// A digest of SHA-256 always has 32 bytes.
fn to_hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(bytes);
    hash
}

#[cfg(test)]
#[path = "tlog_tests.rs"]
pub(crate) mod tests;
