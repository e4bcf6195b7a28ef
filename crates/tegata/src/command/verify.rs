//! `tegata verify`: proofs, checkpoints and copies of a log, checked without any server.

use super::Failure;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tegata_wire::life::Extra;
use tegata_wire::signed_note::{Checkpoint, Verifier, open};
use tegata_wire::tlog::{Hash, leaf_hash};
use tegata_wire::tlog_proof::TlogProof;
use tegata_wire::tlog_tiles::{Edge, TileKind, TilePath, decode_bundle, encode_tile};

/// Check proofs, checkpoints and copies of the ledger.
#[derive(Args)]
#[command(after_help = "Examples:\n  curl -s https://id.example.com/ledger/keys > keys\n  tegata verify \
    7K3M-1.tlog-proof --keys keys\n  tegata verify copy-of-the-log/ --keys keys\n  tegata verify checkpoint --keys \
    keys\n\nKeys make the difference: take them once, from a source that you trust, and keep them.")]
pub struct Verify {
    /// A proof file (tlog-proof), a checkpoint, or a folder with a copy of a log
    #[arg(value_name = "FILE|DIR")]
    what: PathBuf,
    /// File with verifier keys, one a line, as /ledger/keys gives them
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Verify) -> Result<(), Failure> {
    let named = |e: std::io::Error| format!("{}: {e}", command.keys.display());
    let keys = keys(&std::fs::read_to_string(&command.keys).map_err(named)?)?;
    let result = check(&command.what, &keys);
    if command.json {
        let object = match &result {
            Ok(found) => json!({ "verified": true, "found": found }),
            Err(error) => json!({ "verified": false, "problem": error.to_string() }),
        };
        println!("{object}");
    } else if let Ok(found) = &result {
        println!("verified: {}", serde_json::to_string_pretty(found)?);
    }
    result.map(drop)
}

/// Verifier keys, one a line.
pub fn keys(text: &str) -> Result<Vec<Verifier>, Failure> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| Verifier::parse(line).map_err(|e| format!("keys: {e}").into())).collect()
}

/// Checks a file or a folder; answers what is proven.
pub fn check(what: &Path, keys: &[Verifier]) -> Result<Value, Failure> {
    if what.is_dir() {
        return copy(what, keys);
    }
    let text = std::fs::read_to_string(what).map_err(|e| format!("{}: {e}", what.display()))?;
    match text.starts_with("c2sp.org/tlog-proof") {
        true => proof(&text, keys),
        false => {
            checkpoint(&text, keys).map(|c| json!({ "origin": c.origin, "size": c.size, "root": base64(&c.root) }))
        }
    }
}

fn base64(hash: &Hash) -> String {
    data_encoding::BASE64.encode(hash)
}

/// A checkpoint that one of the keys of its origin signed.
fn checkpoint(note: &str, keys: &[Verifier]) -> Result<Checkpoint, Failure> {
    let opened = open(note, keys)?;
    let checkpoint = Checkpoint::parse(opened.text)?;
    match opened.signed_by.iter().any(|key| key.name() == checkpoint.origin) {
        true => Ok(checkpoint),
        false => Err(format!("no key of {} signed this checkpoint", checkpoint.origin).into()),
    }
}

/// Checks a proof; answers what it proves. The signature of its checkpoint is verified once: that costs more than all
/// the rest.
pub fn proof(text: &str, keys: &[Verifier]) -> Result<Value, Failure> {
    let proof = TlogProof::parse(text)?;
    // believed only once a key of this name has signed it
    let claimed = proof.checkpoint.lines().next().unwrap_or_default();
    let own: Vec<Verifier> = keys.iter().filter(|key| key.name() == claimed).cloned().collect();
    if own.is_empty() {
        return Err(format!("no key of {claimed} is given; the log's keys are at /ledger/keys").into());
    }
    let extra = Extra::decode(&proof.extra)?;
    let signed = proof.check(&leaf_hash(&extra.leaf()), claimed, &own)?;
    let event: Value = serde_json::from_slice(&extra.event)?;
    Ok(json!({ "event": event, "index": proof.index, "origin": signed.origin, "size": signed.size }))
}

fn copy(folder: &Path, keys: &[Verifier]) -> Result<Value, Failure> {
    let read = |name: &str| std::fs::read(folder.join(name)).map_err(|e| format!("{}/{name}: {e}", folder.display()));
    let signed = checkpoint(&String::from_utf8(read("checkpoint")?)?, keys)?;
    let mut edge = Edge::new();
    for index in 0..signed.size.div_ceil(256) {
        let path = |kind| TilePath::of_tree(kind, index, signed.size).ok_or("tile beyond the tree");
        let (entries, hashes) = (path(TileKind::Entries)?, path(TileKind::Hashes(0))?);
        let bundle = read(&entries.to_string())?;
        let leaves: Vec<Hash> = decode_bundle(&bundle, entries.width())?.into_iter().map(leaf_hash).collect();
        if read(&hashes.to_string())? != encode_tile(&leaves) {
            return Err(format!("{hashes} does not fit the entries beside it").into());
        }
        edge.append(&leaves);
    }
    if edge.root() != signed.root {
        return Err(format!("the entries do not lead to the signed root of {}", signed.origin).into());
    }
    Ok(json!({ "origin": signed.origin, "size": signed.size, "root": base64(&signed.root) }))
}
