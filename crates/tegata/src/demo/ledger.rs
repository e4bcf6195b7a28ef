//! An outsider takes a copy of the ledger and a proof, and checks both without the server.

use super::Sabotage;
use super::api::Api;
use super::report::{Broken, expect};
use super::story::{Player, Unit};
use crate::command::verify::{check, keys};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tegata_wire::signed_note::Checkpoint;
use tegata_wire::tlog_tiles::{TileKind, TilePath};

/// Copies the log of devices, verifies copy and proof offline, and sees a changed copy refused.
pub fn verify(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.first().ok_or("there is no device")?;
    let vkeys = player.api.look("/ledger/keys", "*/*")?;
    let known = keys(&String::from_utf8(vkeys.body)?)?;
    let proof = proof(player, unit)?;
    let copy = player.folder.join("copy");
    let size = take_copy(&player.api, &copy)?;
    if player.options.sabotage == Some(Sabotage::Ledger) {
        tamper(&copy)?;
    }
    check(&copy, &known)?;
    let file = player.folder.join("event.tlog-proof");
    std::fs::write(&file, &proof)?;
    let event = check(&file, &known)?;
    expect(event["event"]["kind"] == "made", event.to_string())?;
    std::fs::write(&file, proof.replacen("index ", "index 1", 1))?;
    expect(check(&file, &known).is_err(), "a changed proof was accepted")?;
    tamper(&copy)?;
    expect(check(&copy, &known).is_err(), "a changed copy was accepted")?;
    Ok(json!({ "leaves": size, "tampered_copy": "refused", "tampered_proof": "refused" }))
}

/// The proof of the first event; asked for again while its checkpoint is on its way.
fn proof(player: &Player, unit: &Unit) -> Result<String, Broken> {
    let start = Instant::now();
    loop {
        let answer = player.api.look(&format!("/d/{}/proof/1", unit.number), "application/json")?;
        match answer.status {
            200 => return Ok(String::from_utf8(answer.body)?),
            202 if start.elapsed() < Duration::from_secs(10) => std::thread::sleep(Duration::from_millis(50)),
            status => return Err(format!("{status}: {}", String::from_utf8_lossy(&answer.body)).into()),
        }
    }
}

/// Copies the log of devices as anybody can; answers how many leaves it has.
pub fn take_copy(api: &Api, folder: &Path) -> Result<u64, Broken> {
    let fetch = |name: &str| -> Result<PathBuf, Broken> {
        let answer = api.look(&format!("/ledger/devices/{name}"), "*/*")?;
        expect(answer.status == 200, format!("{name}: {}", answer.status))?;
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, answer.body)?;
        Ok(path)
    };
    let note = std::fs::read_to_string(fetch("checkpoint")?)?;
    let (text, _) = note.split_once("\n\n").ok_or("no checkpoint")?;
    let size = Checkpoint::parse(&format!("{text}\n"))?.size;
    for index in 0..size.div_ceil(256) {
        for kind in [TileKind::Entries, TileKind::Hashes(0)] {
            let path = TilePath::of_tree(kind, index, size).ok_or("no such tile")?;
            fetch(&path.to_string())?;
        }
    }
    Ok(size)
}

/// Changes one byte of the first entry.
fn tamper(copy: &Path) -> Result<(), Broken> {
    let entries = copy.join("tile/entries");
    let full = entries.join("000");
    let path = match full.is_file() {
        true => full,
        false => std::fs::read_dir(entries.join("000.p"))?.next().ok_or("no bundle")??.path(),
    };
    let mut bytes = std::fs::read(&path)?;
    bytes[10] ^= 1;
    Ok(std::fs::write(path, bytes)?)
}
