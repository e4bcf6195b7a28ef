//! The checks against RFC 6962 written down word for word, and against the vectors of the CT reference.

use super::*;
use data_encoding::HEXLOWER;
use proptest::prelude::*;

/// Leaf hashes of entries that all differ.
pub(crate) fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// MTH of RFC 6962 §2.1.
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH of RFC 6962 §2.1.1.
pub(crate) fn naive_inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, sibling) = match index < k {
        true => (naive_inclusion(index, left), naive_root(right)),
        false => (naive_inclusion(index - k, right), naive_root(left)),
    };
    proof.push(sibling);
    proof
}

/// PROOF of RFC 6962 §2.1.2, and nothing between equal trees or from the empty one.
pub(crate) fn naive_consistency(old: usize, leaves: &[Hash]) -> Vec<Hash> {
    if old == 0 { Vec::new() } else { naive_subproof(old, leaves, true) }
}

fn naive_subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, sibling) = match old <= k {
        true => (naive_subproof(old, left, whole), naive_root(right)),
        false => (naive_subproof(old - k, right, false), naive_root(left)),
    };
    proof.push(sibling);
    proof
}

/// The largest power of two smaller than `size`.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// One bit of hash `at`, counted around, is flipped.
pub(crate) fn tampered(proof: &[Hash], at: usize) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let length = proof.len();
    proof[at % length][at % 32] ^= 1 << (at % 8);
    proof
}

fn hash(hex: &str) -> Hash {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

/// The entries of the CT reference's own test.
fn reference() -> Vec<Hash> {
    let entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    entries.iter().map(|hex| leaf_hash(&HEXLOWER.decode(hex.as_bytes()).unwrap())).collect()
}

#[test]
fn known_roots() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let leaves = reference();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(naive_root(&leaves[..size]), hash(root), "size {size}");
    }
    assert_eq!(empty_root(), hash(roots[0]));
}

#[test]
fn known_inclusion() {
    let proof = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    .map(hash);
    let leaves = reference();
    assert_eq!(check_inclusion(&proof, 8, 0, &leaves[0], &naive_root(&leaves)), Ok(()));
}

#[test]
fn long_and_short_leaves_hash_alike() {
    let entry = [7; 300];
    for length in [0, 33, SHORT_LEAF - 1, SHORT_LEAF, SHORT_LEAF + 1, 300] {
        assert_eq!(leaf_hash(&entry[..length]), sha256(&[&[0], &entry[..length]]), "{length} bytes");
    }
}

/// Every proof of every tree up to 40 leaves: accepted as it is, refused with any hash changed, left out or added,
/// at any other index and for the wrong root.
#[test]
fn every_small_inclusion() {
    let all = leaves(40);
    for size in 1..=all.len() {
        let (tree, root) = (&all[..size], naive_root(&all[..size]));
        for index in 0..size {
            let proof = naive_inclusion(index, tree);
            let check = |proof: &[Hash], at: usize| check_inclusion(proof, size as u64, at as u64, &tree[index], &root);
            assert_eq!(check(&proof, index), Ok(()), "{index} of {size}");
            for at in 0..proof.len() {
                let mut less = proof.clone();
                less.remove(at);
                assert_eq!(check(&tampered(&proof, at), index), Err(ProofError::Root));
                assert!(check(&less, index).is_err());
            }
            for other in (0..size).filter(|other| *other != index) {
                assert!(check(&proof, other).is_err(), "{index} as {other} of {size}");
            }
            assert_eq!(check(&[&proof[..], &[root]].concat(), index), Err(ProofError::Length));
            assert_eq!(check(&proof, size), Err(ProofError::Index { index: size as u64, size: size as u64 }));
            let other = check_inclusion(&proof, size as u64, index as u64, &tree[index], &[0; 32]);
            assert_eq!(other, Err(ProofError::Root));
        }
    }
}

#[test]
fn every_small_consistency() {
    let all = leaves(40);
    for size in 0..=all.len() {
        let new_root = naive_root(&all[..size]);
        for old in 0..=size {
            let (proof, old_root) = (naive_consistency(old, &all[..size]), naive_root(&all[..old]));
            let check = |proof: &[Hash], from: u64, root| check_consistency(proof, from, size as u64, &root, &new_root);
            assert_eq!(check(&proof, old as u64, old_root), Ok(()), "{old} to {size}");
            assert_eq!(check(&proof, old as u64, [0; 32]), Err(ProofError::Root), "{old} to {size}");
            for at in 0..proof.len() {
                let mut less = proof.clone();
                less.remove(at);
                assert_eq!(check(&tampered(&proof, at), old as u64, old_root), Err(ProofError::Root));
                assert!(check(&less, old as u64, old_root).is_err());
            }
            assert_eq!(check(&[&proof[..], &[new_root]].concat(), old as u64, old_root), Err(ProofError::Length));
            let (old, new) = (size as u64 + 1, size as u64);
            assert_eq!(check(&proof, old, old_root), Err(ProofError::Sizes { old, new }));
        }
    }
}

#[test]
fn an_empty_tree_with_another_root_is_refused() {
    assert_eq!(check_consistency(&[], 0, 0, &empty_root(), &[0; 32]), Err(ProofError::Root));
    assert_eq!(check_consistency(&[], 0, 5, &[0; 32], &[1; 32]), Err(ProofError::Root));
}

#[test]
fn numbers_are_canonical() {
    assert_eq!(decimal("0"), Some(0));
    assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
    for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "18446744073709551616", "١"] {
        assert_eq!(decimal(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Refusing never panics, whatever the sizes.
    #[test]
    fn malformed_proofs_are_refused(
        proof in proptest::collection::vec(any::<Hash>(), 0..70),
        a in any::<u64>(), b in any::<u64>(), shift in 0..64u32,
    ) {
        let (a, b) = (a >> shift, b >> shift);
        prop_assert!(check_inclusion(&proof, a, b, &[1; 32], &[2; 32]).is_err());
        prop_assert!(check_consistency(&proof, a, b, &[1; 32], &[2; 32]).is_err());
    }
}
