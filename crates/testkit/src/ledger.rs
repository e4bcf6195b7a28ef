//! The ledger as an outsider sees it: checkpoints under known keys, tiles, consistency, copies.

use crate::api::Api;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use tegata_domain::ledger::Log;
use tegata_wire::signed_note::{Checkpoint, Verifier, open};
use tegata_wire::tlog::{Hash, check_consistency, empty_root, leaf_hash};
use tegata_wire::tlog_tiles::{Edge, TileKind, TilePath, Tiles, consistency_proof, decode_bundle, decode_tile};

/// The verifier keys of both logs, as a text for `tegata verify`.
pub fn keys(api: &Api) -> String {
    api.get("/ledger/keys").expect(200).text()
}

/// Who reads a log, with the keys that were taken once.
pub struct Reader {
    api: Api,
    log: Log,
    keys: Vec<Verifier>,
    /// Tiles that were read since this reader was made.
    known: RefCell<HashMap<String, Vec<u8>>>,
}

impl Reader {
    /// Of `log`, through `api`, trusting `keys`.
    pub fn new(api: Api, log: Log, keys: &str) -> Reader {
        let keys = keys.lines().map(|line| Verifier::parse(line).expect("a verifier key")).collect();
        Reader { api, log, keys, known: RefCell::default() }
    }

    /// The log.
    pub fn log(&self) -> Log {
        self.log
    }

    fn path(&self, name: &str) -> String {
        format!("/ledger/{}/{name}", self.log.name())
    }

    /// The published checkpoint with its note. `None` when the server is gone.
    pub fn look(&self) -> Option<(Checkpoint, String)> {
        let message = crate::api::Message::new("GET", self.path("checkpoint"));
        Some(self.open(self.api.send(message).ok()?.expect(200).text()))
    }

    /// The same of a server that may have nothing to show at present.
    pub fn glance(&self) -> Option<(Checkpoint, String)> {
        let message = crate::api::Message::new("GET", self.path("checkpoint"));
        let answer = self.api.send(message).ok().filter(|answer| answer.status == 200)?;
        Some(self.open(answer.text()))
    }

    fn open(&self, note: String) -> (Checkpoint, String) {
        let opened = open(&note, &self.keys).expect("a checkpoint is signed by a known key");
        let checkpoint = Checkpoint::parse(opened.text).expect("a checkpoint");
        assert!(checkpoint.origin.contains(&format!("/ledger/{}", self.log.name())), "{}", checkpoint.origin);
        assert!(opened.signed_by.iter().any(|key| key.name() == checkpoint.origin), "signed by its log");
        (checkpoint, note)
    }

    /// The published checkpoint.
    #[track_caller]
    pub fn checkpoint(&self) -> Checkpoint {
        self.look().expect("the server runs").0
    }

    /// A tile or a bundle of the tree.
    #[track_caller]
    fn fetch(&self, path: TilePath) -> Vec<u8> {
        let name = path.to_string();
        if let Some(known) = self.known.borrow().get(&name) {
            return known.clone();
        }
        let bytes = self.api.get(&self.path(&name)).expect(200).body;
        self.known.borrow_mut().insert(name, bytes.clone());
        bytes
    }

    /// Checks with a proof from tiles that `old` is a beginning of `new`.
    #[track_caller]
    pub fn check_consistent(&self, old: (u64, Hash), new: (u64, Hash)) {
        let proof = consistency_proof(old.0, new.0, &Served { reader: self, size: new.0 });
        let proof = proof.unwrap_or_else(|e| panic!("{}: no proof from {} to {}: {e}", self.log.name(), old.0, new.0));
        let checked = check_consistency(&proof, old.0, new.0, &old.1, &new.1);
        assert!(checked.is_ok(), "{}: {} leaves are no beginning of {}: {checked:?}", self.log.name(), old.0, new.0);
    }

    /// Every entry of the tree of `size` leaves.
    #[track_caller]
    pub fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for index in 0..size.div_ceil(256) {
            let path = TilePath::of_tree(TileKind::Entries, index, size).expect("inside the tree");
            let bundle = self.fetch(path);
            let entries = decode_bundle(&bundle, path.width()).expect("an entry bundle");
            all.extend(entries.into_iter().map(<[u8]>::to_vec));
        }
        all
    }

    /// Takes a copy as `tegata verify` reads it: checkpoint, bundles, leaf tiles. Answers the size.
    #[track_caller]
    pub fn copy(&self, folder: &Path) -> u64 {
        let (checkpoint, note) = self.look().expect("the server runs");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder of ours");
            std::fs::write(path, bytes).expect("a file of ours");
        };
        write("checkpoint", note.as_bytes());
        for index in 0..checkpoint.size.div_ceil(256) {
            for kind in [TileKind::Entries, TileKind::Hashes(0)] {
                let path = TilePath::of_tree(kind, index, checkpoint.size).expect("inside the tree");
                write(&path.to_string(), &self.fetch(path));
            }
        }
        checkpoint.size
    }
}

struct Served<'a> {
    reader: &'a Reader,
    size: u64,
}

impl Tiles for Served<'_> {
    type Error = String;

    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, String> {
        let path = TilePath::of_tree(TileKind::Hashes(level), index, self.size).ok_or("no such tile")?;
        let mut hashes = decode_tile(&self.reader.fetch(path), path.width()).map_err(|e| e.to_string())?;
        hashes.truncate(width.into());
        Ok(hashes)
    }
}

/// The roots of the trees of `sizes` (ascending) leaves over `entries`, computed from the entries alone.
pub fn roots(entries: &[Vec<u8>], sizes: &[u64]) -> Vec<Hash> {
    let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let (mut edge, mut roots) = (Edge::new(), Vec::new());
    for size in sizes {
        edge.append(&hashes[edge.size() as usize..*size as usize]);
        roots.push(if *size == 0 { empty_root() } else { edge.root() });
    }
    roots
}
