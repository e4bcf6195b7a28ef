//! Paths and bundles against the specification's examples; tree and edge against RFC 6962 written down word for word.

use super::*;
use crate::tlog::tests::{leaves, naive_consistency, naive_inclusion, naive_root, tampered};
use crate::tlog::{ProofError, check_consistency, check_inclusion};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Tiles in memory, which note what was read and refuse a second reading.
#[derive(Default)]
struct Memory {
    tiles: HashMap<(u8, u64), Vec<Hash>>,
    read: RefCell<HashSet<(u8, u64)>>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("no such tile, or read twice")]
struct Refused;

impl Tiles for Memory {
    type Error = Refused;

    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, Refused> {
        if !self.read.borrow_mut().insert((level, index)) {
            return Err(Refused);
        }
        let tile = self.tiles.get(&(level, index)).ok_or(Refused)?;
        Ok(tile.get(..usize::from(width)).ok_or(Refused)?.to_vec())
    }
}

impl Memory {
    /// Of these leaves, appended in batches of `batch`.
    fn grow(leaves: &[Hash], batch: usize) -> (Self, Edge) {
        let (mut edge, mut memory) = (Edge::new(), Memory::default());
        for batch in leaves.chunks(batch) {
            for tile in edge.append(batch) {
                assert_eq!(tile.hashes.len(), 256);
                assert!(memory.tiles.insert((tile.level, tile.index), tile.hashes).is_none(), "completed twice");
            }
        }
        for (path, hashes) in edge.partials() {
            let TileKind::Hashes(level) = path.kind else { panic!("not a hash tile") };
            assert_eq!(usize::from(path.width()), hashes.len());
            assert_eq!(edge.partial(level), hashes);
            assert!(memory.tiles.insert((level, path.index), hashes.to_vec()).is_none(), "complete and partial");
        }
        (memory, edge)
    }

    /// Reads anew.
    fn fresh(&self) -> &Self {
        self.read.borrow_mut().clear();
        self
    }
}

fn paths() -> [(TilePath, &'static str); 7] {
    let hashes =
        |level, index, width| TilePath { kind: TileKind::Hashes(level), index, partial: NonZeroU8::new(width) };
    [
        (hashes(0, 0, 0), "tile/0/000"),
        (hashes(0, 1234, 0), "tile/0/x001/234"),
        (hashes(63, 1_234_067, 255), "tile/63/x001/x234/067.p/255"),
        (hashes(1, 1_000_000, 1), "tile/1/x001/x000/000.p/1"),
        (hashes(2, 999, 16), "tile/2/999.p/16"),
        (hashes(7, u64::MAX, 0), "tile/7/x018/x446/x744/x073/x709/x551/615"),
        (
            TilePath { kind: TileKind::Entries, index: u64::MAX, partial: NonZeroU8::new(255) },
            "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255",
        ),
    ]
}

#[test]
fn known_paths() {
    for (path, text) in paths() {
        assert_eq!(path.to_string(), text);
        assert_eq!(TilePath::parse(text), Ok(path), "{text}");
    }
}

#[test]
fn malformed_paths() {
    for text in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "xtile/0/000",
        "tile/8/0/000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/data/000",
        "tile/Entries/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/+00",
        "tile/0/x00",
        "tile/0/x000/001",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/0/x001//234",
        "tile/0/x1/234",
        "tile/0/x001/234/",
        "tile/0//234",
        "tile/0/../234",
        "tile/0/234?a",
        "tile/0/234.p",
        "tile/0/234.p/",
        "tile/0/234.p/0",
        "tile/0/234.p/01",
        "tile/0/234.p/+1",
        "tile/0/234.p/256",
        "tile/0/234.p/257",
        "tile/0/234.p/1/",
        "tile/0/234.p/1.p/1",
        "tile/0/.p/1",
        "tile/0/٠٠٠",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x018/x446/x744/x073/x709/x552/615",
        "tile/0/x019/x446/x744/x073/x709/x551/615",
        "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
        "tile/entries/x001/x018/x446/x744/x073/x709/x551/615.p/255",
    ] {
        assert!(TilePath::parse(text).is_err(), "{text}");
    }
}

/// The specification's example: 273 full tiles and one of 112 at level 0, one full and one of 17, one of 1.
#[test]
fn tiles_of_the_specifications_example() {
    let (memory, edge) = Memory::grow(&leaves(70_000), 70_000);
    let widths: Vec<_> = edge.partials().map(|(path, _)| path.to_string()).collect();
    assert_eq!(widths, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    let full = |level| memory.tiles.iter().filter(|((l, _), tile)| *l == level && tile.len() == 256).count();
    assert_eq!((full(0), full(1), full(2)), (273, 1, 0));
    let of_tree = |level, index| TilePath::of_tree(TileKind::Hashes(level), index, 70_000).map(|path| path.to_string());
    assert_eq!(of_tree(0, 272).as_deref(), Some("tile/0/272"));
    assert_eq!(of_tree(0, 273).as_deref(), Some("tile/0/273.p/112"));
    assert_eq!(of_tree(0, 274), None);
    assert_eq!(of_tree(2, 0).as_deref(), Some("tile/2/000.p/1"));
    assert_eq!((of_tree(3, 0), of_tree(8, 0), of_tree(255, 0)), (None, None, None));
}

#[test]
fn a_tree_of_256_has_a_full_tile_and_a_partial_one_above() {
    let (_, mut edge) = Memory::grow(&leaves(255), 1);
    let complete = edge.append(&leaves(256)[255..]);
    assert_eq!(complete.iter().map(|tile| tile.path().to_string()).collect::<Vec<_>>(), ["tile/0/000"]);
    assert_eq!(complete[0].hashes, leaves(256));
    assert_eq!(edge.partials().map(|(path, _)| path.to_string()).collect::<Vec<_>>(), ["tile/1/000.p/1"]);
    assert_eq!(edge.partial(1), [naive_root(&leaves(256))]);
    assert!(edge.partial(0).is_empty() && edge.partial(8).is_empty() && edge.partial(255).is_empty());
}

#[test]
fn impossible_questions_are_refused() {
    let (memory, _) = Memory::grow(&leaves(300), 300);
    let memory = memory.fresh();
    assert_eq!(inclusion_proof(300, 300, memory), Err(TreeError::Index { index: 300, size: 300 }));
    assert_eq!(inclusion_proof(0, 0, memory), Err(TreeError::Index { index: 0, size: 0 }));
    assert_eq!(consistency_proof(301, 300, memory), Err(TreeError::Sizes { old: 301, new: 300 }));
    assert_eq!(root(0, memory), Ok(Edge::new().root()));
    let missing = |level, index| TreeError::Read { level, index, source: Refused };
    assert_eq!(inclusion_proof(600, 599, memory), Err(missing(1, 0)));
    assert_eq!(Edge::load(600, memory).map(|edge| edge.size()), Err(missing(0, 2)));
    assert!(root(u64::MAX, memory).is_err() && Edge::load(u64::MAX, memory).is_err());
}

/// A source that gives too few or too many hashes is found out.
#[test]
fn tiles_of_a_wrong_width_are_refused() {
    struct Narrow(usize);
    impl Tiles for Narrow {
        type Error = Refused;
        fn tile(&self, _: u8, _: u64, _: u16) -> Result<Vec<Hash>, Refused> {
            Ok(vec![[0; 32]; self.0])
        }
    }
    for width in [0, 99, 101] {
        let refused = TreeError::Width { level: 0, index: 0, width: 100 };
        assert_eq!(root(100, &Narrow(width)), Err(refused.clone()));
        assert_eq!(Edge::load(100, &Narrow(width)).map(|edge| edge.size()), Err(refused));
    }
}

#[test]
fn tiles_are_read_back() {
    let hashes = leaves(3);
    assert_eq!(decode_tile(encode_tile(&hashes), 3), Ok(hashes.clone()));
    assert_eq!(decode_tile(encode_tile(&hashes), 2), Err(Malformed("tile length")));
    assert_eq!(decode_tile(&encode_tile(&hashes)[1..], 3), Err(Malformed("tile length")));
}

#[test]
fn bundles_have_limits() {
    assert_eq!(encode_bundle(&["ab", ""]), Ok(vec![0, 2, b'a', b'b', 0, 0]));
    assert_eq!(encode_bundle::<&[u8]>(&[]), Err(Malformed("number of entries")));
    assert_eq!(encode_bundle(&["a"; 257]), Err(Malformed("number of entries")));
    let longest = vec![0; MAX_ENTRY + 1];
    assert_eq!(encode_bundle(&[&longest]), Err(Malformed("entry too long")));
    let bundle = encode_bundle(&[&longest[1..]]).unwrap();
    assert_eq!(decode_bundle(&bundle, 1), Ok(vec![&longest[1..]]));
    assert_eq!(decode_bundle(&bundle, 2), Err(Malformed("number of entries")));
    assert_eq!(decode_bundle(&bundle[..bundle.len() - 1], 1), Err(Malformed("entry length")));
    assert_eq!(decode_bundle(&[0, 1, 9, 0], 1), Err(Malformed("entry length")));
    assert_eq!(decode_bundle(&[0; 2 * 257], 256), Err(Malformed("number of entries")));
    assert_eq!(decode_bundle(&[0; 2 * 257], 257), Err(Malformed("number of entries")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn paths_are_read_back(level in 0..=64u8, index in any::<u64>(), shift in 0..64u32, width in any::<u8>()) {
        let kind = if level == 64 { TileKind::Entries } else { TileKind::Hashes(level) };
        let path = TilePath { kind, index: index >> shift, partial: NonZeroU8::new(width) };
        prop_assert_eq!(TilePath::parse(&path.to_string()), Ok(path));
    }

    /// What is read is written the same: no place has two paths.
    #[test]
    fn paths_are_unique(text in "tile/([0-9]{1,2}|entries)/(x[0-9]{3}/){0,7}[0-9]{3}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = TilePath::parse(&text) {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn malformed_input_never_panics(text in "\\PC{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = TilePath::parse(&text);
        let _ = TilePath::parse(&format!("tile/0/{text}"));
        let _ = decode_bundle(&bytes, 3);
        let _ = decode_tile(&bytes, 2);
    }

    #[test]
    fn bundles_are_read_back(
        entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..=256),
    ) {
        let bundle = encode_bundle(&entries).unwrap();
        prop_assert_eq!(decode_bundle(&bundle, entries.len() as u16).unwrap(), entries);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Edge, its reload, and root and proofs from tiles agree with RFC 6962; each tile is read once.
    #[test]
    fn trees_agree_with_rfc_6962(
        size in prop_oneof![1..600u64, 1..70_000u64, 65_500..65_600u64], batch in 1..5000usize,
        at in any::<u64>(), from in any::<u64>(),
    ) {
        let leaves = leaves(size);
        let (memory, edge) = Memory::grow(&leaves, batch);
        let expected = naive_root(&leaves);
        prop_assert_eq!((edge.size(), edge.root()), (size, expected));
        prop_assert_eq!(root(size, memory.fresh()), Ok(expected));

        let index = at % size;
        let proof = inclusion_proof(size, index, memory.fresh()).unwrap();
        prop_assert_eq!(&proof, &naive_inclusion(index as usize, &leaves));
        let leaf = &leaves[index as usize];
        prop_assert_eq!(check_inclusion(&proof, size, index, leaf, &expected), Ok(()));
        if !proof.is_empty() {
            let refused = check_inclusion(&tampered(&proof, at as usize % 64), size, index, leaf, &expected);
            prop_assert_eq!(refused, Err(ProofError::Root));
            prop_assert!(check_inclusion(&proof[1..], size, index, leaf, &expected).is_err());
        }

        let old = from % (size + 1);
        let old_root = naive_root(&leaves[..old as usize]);
        prop_assert_eq!(root(old, memory.fresh()), Ok(old_root));
        let proof = consistency_proof(old, size, memory.fresh()).unwrap();
        prop_assert_eq!(&proof, &naive_consistency(old as usize, &leaves));
        prop_assert_eq!(check_consistency(&proof, old, size, &old_root, &expected), Ok(()));
        if !proof.is_empty() {
            let refused = check_consistency(&tampered(&proof, from as usize % 64), old, size, &old_root, &expected);
            prop_assert_eq!(refused, Err(ProofError::Root));
        }

        // An edge reloaded at any size goes on as the one that was never put down.
        let mut reloaded = Edge::load(old, memory.fresh()).unwrap();
        prop_assert_eq!((reloaded.size(), reloaded.root()), (old, old_root));
        for tile in reloaded.append(&leaves[old as usize..]) {
            prop_assert_eq!(&memory.tiles[&(tile.level, tile.index)], &tile.hashes);
        }
        prop_assert_eq!(reloaded.root(), expected);
        prop_assert!(reloaded.partials().eq(edge.partials()));
    }
}
