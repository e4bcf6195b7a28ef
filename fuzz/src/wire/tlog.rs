//! The Merkle tree: what the tiles prove, the checker takes, and a second tree, written from RFC 6962 §2.1 as it
//! stands, has the same roots.

use arbitrary::{Result, Unstructured};
use tegata_wire::tlog::{Hash, check_consistency, check_inclusion, empty_root, leaf_hash, node_hash};
use tegata_wire::tlog_tiles::{
    Edge, TileKind, TilePath, Tiles, consistency_proof, decode_bundle, decode_tile, encode_bundle, encode_tile,
    inclusion_proof, root,
};

/// Leaves of the trees here: more than one full tile.
const LEAVES: u16 = 700;

/// The definition of RFC 6962 §2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        more => {
            let k = more.len().next_power_of_two() / 2;
            node_hash(&mth(&more[..k]), &mth(&more[k..]))
        }
    }
}

/// Tiles that are made from the leaves when they are asked for.
struct Grown(Vec<Hash>);

impl Tiles for Grown {
    type Error = ();

    fn tile(&self, level: u8, index: u64, width: u16) -> std::result::Result<Vec<Hash>, ()> {
        let below = 1usize << (8 * usize::from(level));
        let first = usize::try_from(index).map_err(|_| ())? * 256;
        let hash = |at: usize| self.0.get(at * below..(at + 1) * below).map(mth).ok_or(());
        (first..first + usize::from(width)).map(hash).collect()
    }
}

fn leaves(count: u16) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

fn hashes(input: &mut Unstructured<'_>) -> Result<Vec<Hash>> {
    let count = input.int_in_range(0..=70)?;
    (0..count).map(|_| input.arbitrary()).collect()
}

/// Any hashes as a proof.
pub fn proofs(data: &[u8]) {
    let _short = any_proof(&mut Unstructured::new(data));
}

fn any_proof(input: &mut Unstructured<'_>) -> Result<()> {
    let (size, index, old): (u64, u64, u64) = input.arbitrary()?;
    let (leaf, first, second): (Hash, Hash, Hash) = input.arbitrary()?;
    let proof = hashes(input)?;
    // whoever finds a proof of one of these by chance has broken SHA-256, but for trees without a hash
    if check_inclusion(&proof, size, index, &leaf, &first).is_ok() {
        assert!(size == 1 && index == 0 && leaf == first);
    }
    if check_consistency(&proof, old, size, &first, &second).is_ok() {
        assert!(first == second || old == 0 && first == empty_root());
    }
    Ok(())
}

/// A tree of any size: every proof holds, and none holds with another leaf, root or hash.
pub fn tree(data: &[u8]) {
    let _short = any_tree(&mut Unstructured::new(data));
}

fn any_tree(input: &mut Unstructured<'_>) -> Result<()> {
    let size = input.int_in_range(1..=LEAVES)?;
    let (index, old) = (input.int_in_range(0..=size - 1)?, input.int_in_range(0..=size)?);
    let tiles = Grown(leaves(size));
    let top = mth(&tiles.0);
    assert_eq!(root(size.into(), &tiles), Ok(top));
    let leaf = tiles.0[usize::from(index)];
    let mut proof = inclusion_proof(size.into(), index.into(), &tiles).expect("the tiles are there");
    assert_eq!(check_inclusion(&proof, size.into(), index.into(), &leaf, &top), Ok(()));
    assert!(check_inclusion(&proof, size.into(), index.into(), &top, &leaf).is_err() || size == 1);
    let before = mth(&tiles.0[..usize::from(old)]);
    let grown = consistency_proof(old.into(), size.into(), &tiles).expect("the tiles are there");
    assert_eq!(check_consistency(&grown, old.into(), size.into(), &before, &top), Ok(()));
    if !proof.is_empty() {
        let at = input.int_in_range(0..=proof.len() - 1)?;
        proof[at][usize::from(input.int_in_range(0..=31u8)?)] ^= 1 << input.int_in_range(0..=7)?;
        assert!(check_inclusion(&proof, size.into(), index.into(), &leaf, &top).is_err(), "one bit is another proof");
    }
    Ok(())
}

/// A tree that grows in any steps: the same root, and the tiles that became full.
pub fn edge(data: &[u8]) {
    let _short = any_growth(&mut Unstructured::new(data));
}

fn any_growth(input: &mut Unstructured<'_>) -> Result<()> {
    let all = leaves(LEAVES);
    let (mut edge, mut at) = (Edge::new(), 0);
    while at < all.len() && !input.is_empty() {
        let end = (at + usize::from(input.int_in_range(0..=300u16)?)).min(all.len());
        let before = at / 256;
        let full = edge.append(&all[at..end]);
        let leaves: Vec<u64> = full.iter().filter(|tile| tile.level == 0).map(|tile| tile.index).collect();
        assert_eq!(leaves, (before as u64..end as u64 / 256).collect::<Vec<_>>(), "every tile that became full, once");
        at = end;
        assert_eq!((edge.size(), edge.root()), (at as u64, mth(&all[..at])));
    }
    let tiles = Grown(all[..at].to_vec());
    let again = Edge::load(at as u64, &tiles).expect("the tiles are there");
    assert_eq!((again.size(), again.root()), (edge.size(), edge.root()));
    assert!(again.partials().eq(edge.partials()), "a start after a crash goes on where it was");
    Ok(())
}

/// The path of a tile.
pub fn path(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(path) = TilePath::parse(text)
    {
        assert_eq!(path.to_string(), text, "one way to write it");
        assert!((1..=256).contains(&path.width()));
        if let Some((index, size)) = data.first_chunk().map(|eight| (path.index, u64::from_be_bytes(*eight))) {
            let of = TilePath::of_tree(TileKind::Entries, index, size);
            assert!(of.is_none_or(|path| TilePath::parse(&path.to_string()) == Ok(path)));
        }
    }
}

/// The bytes of a tile, and of a bundle of entries.
pub fn tile(data: &[u8]) {
    let Some((width, rest)) = data.split_first() else { return };
    let width = u16::from(*width) + 1;
    if let Ok(hashes) = decode_tile(rest, width) {
        assert_eq!((encode_tile(&hashes), hashes.len()), (rest, usize::from(width)));
    }
    if let Ok(entries) = decode_bundle(rest, width) {
        assert_eq!(entries.len(), usize::from(width));
        assert_eq!(encode_bundle(&entries).as_deref(), Ok(rest));
    }
}
