//! The end of a device's secrets: destroys the owner's keys and data, says so under the device's own identity, keeps the
//! platform's receipt.
//!
//! Each step may be cut and is done again: destroying what is gone changes nothing, and the statement, once signed, is
//! posted as it stands until there is a receipt. The identity from manufacture and the installed security version stay:
//! they are the device's, not the owner's.

use crate::cx::Cx;
use crate::disk::Disk;
use crate::enrol::{idevid, trust};
use crate::error::{Error, Result};
use crate::heartbeat::{TOKEN, number};
use crate::link::{Link, LinkError};
use crate::{folder, update};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::Path;
use tegata_domain::chance::bytes;
use tegata_keys::digest::sha256_hex;
use tegata_wire::erasure::Statement;

const FILE: &str = "erasure.json";
/// What makes the device the present owner's.
const SECRETS: [&str; 3] = ["ldevid.pem", "ldevid.next.pem", TOKEN];
/// What is left for the end.
const REST: [&str; 5] = ["head.json", "keys", "credential", "attest.json", "status.json"];
/// Folders in folders that are followed.
const DEPTH_MAX: u8 = 64;

/// How far an erasure is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    Begun,
    Signed,
    Receipted,
    Done,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Erasure {
    step: Step,
    number: String,
    #[serde(default)]
    statement: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    receipt: Value,
}

/// Whether one was begun, and whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// None was begun.
    None,
    /// It must go on.
    UnderWay,
    /// The device is erased.
    Done,
}

fn read(cx: &Cx) -> Result<Option<Erasure>> {
    Ok(cx.folder.json(FILE)?)
}

/// How far it is.
pub fn state(cx: &Cx) -> Result<State> {
    Ok(read(cx)?.map_or(State::None, |erasure| if erasure.step == Step::Done { State::Done } else { State::UnderWay }))
}

/// The platform's receipt, once there is one.
pub fn receipt(cx: &Cx) -> Option<Value> {
    read(cx).ok().flatten().map(|erasure| erasure.receipt).filter(|receipt| !receipt.is_null())
}

/// Begins, unless one was begun. From here on there is no way back. Nothing is destroyed when the statement could not
/// be made later.
pub fn begin(cx: &Cx) -> Result<()> {
    if read(cx)?.is_some() {
        return Ok(());
    }
    idevid(cx)?;
    let unknown = || {
        Error::Other("the management number is not known yet: it comes with the first heartbeat (`run --once`)".into())
    };
    let number = number(cx)?.ok_or_else(unknown)?;
    let (statement, signature) = (String::new(), String::new());
    let begun = Erasure { step: Step::Begun, number, statement, signature, receipt: Value::Null };
    Ok(cx.folder.save_json(FILE, &begun)?)
}

/// Goes on until it is done, or something fails; then it is called again later.
pub fn proceed(cx: &Cx) -> Result<()> {
    let Some(mut erasure) = read(cx)? else { return Ok(()) };
    loop {
        erasure.step = match erasure.step {
            Step::Begun => {
                let destroyed = destroy(cx)?;
                sign(cx, &mut erasure, destroyed)?;
                Step::Signed
            }
            Step::Signed => {
                erasure.receipt = post(cx, &erasure)?;
                Step::Receipted
            }
            Step::Receipted => {
                for name in REST {
                    cx.folder.destroy(name)?;
                }
                Step::Done
            }
            Step::Done => return Ok(()),
        };
        cx.folder.save_json(FILE, &erasure)?;
    }
}

/// Destroys secrets and data; answers the words for what there was to destroy.
fn destroy(cx: &Cx) -> Result<Vec<String>> {
    for name in SECRETS {
        cx.folder.destroy(name)?;
    }
    update::destroy(cx)?;
    for path in &cx.config.erasure.paths {
        wipe(cx.folder.disk(), path, 0).map_err(|why| Error::file(path, why))?;
    }
    let mut words = vec!["ldevid".to_owned(), "token".to_owned()];
    if !cx.config.erasure.paths.is_empty() {
        words.push("data".to_owned());
    }
    Ok(words)
}

/// Overwrites and removes a file, or all in a folder. Links are removed, never followed. What is left empty and cannot be
/// removed stays: a place where something is mounted, and a configured folder whose parent cannot be written.
fn wipe(disk: &dyn Disk, path: &Path, depth: u8) -> io::Result<()> {
    let data = match fs::symlink_metadata(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if data.is_file() {
        return unless_mounted(folder::destroy(disk, path));
    }
    if !data.is_dir() {
        return fs::remove_file(path);
    }
    if depth == DEPTH_MAX {
        return Err(io::Error::other("too many folders in folders"));
    }
    for entry in fs::read_dir(path)? {
        wipe(disk, &entry?.path(), depth + 1)?;
    }
    match fs::remove_dir(path) {
        // something came meanwhile: it is not empty
        Err(why) if depth == 0 && why.kind() != io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => unless_mounted(removed),
    }
}

/// A place where something is mounted has no owner's data any more once it is emptied or overwritten.
fn unless_mounted(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|why| if why.kind() == io::ErrorKind::ResourceBusy { Ok(()) } else { Err(why) })
}

fn sign(cx: &Cx, erasure: &mut Erasure, keys_destroyed: Vec<String>) -> Result<()> {
    let statement = Statement {
        number: erasure.number.clone(),
        keys_destroyed,
        at: cx.time.now().rfc3339(),
        nonce: BASE64_URL_SAFE_NO_PAD.encode(bytes::<16>(&*cx.chance)),
    };
    erasure.statement = statement.to_string();
    erasure.signature = BASE64_STANDARD.encode(idevid(cx)?.sign(erasure.statement.as_bytes())?);
    Ok(())
}

fn post(cx: &Cx, erasure: &Erasure) -> Result<Value> {
    let link = Link::new(&cx.config.device_url, &trust(cx)?, Some(&idevid(cx)?));
    let body = json!({ "statement": erasure.statement, "signature": erasure.signature });
    match link.post(&link.url("/agent/v1/erasure"), &body) {
        Ok(receipt) if receipt.is_object() => Ok(receipt),
        Ok(_) => Err(LinkError::answer("no receipt").into()),
        // the identity itself has ended: an earlier answer was lost, or the owner retired the device meanwhile
        Err(LinkError::Refused { status: 403, code, detail, .. }) if code == "certificate" => {
            let digest = sha256_hex(erasure.statement.as_bytes());
            Ok(json!({ "answer": "lost", "platform": detail, "statement_sha256": digest }))
        }
        Err(other) => Err(other.judged()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Files;

    #[test]
    fn a_folder_that_cannot_be_removed_is_emptied() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        fs::create_dir_all(data.join("deep")).unwrap();
        fs::write(data.join("deep/photo"), "the owner's").unwrap();
        // no system removes a folder by this name; it stands for a place where something is mounted
        wipe(&Files, &data.join("."), 0).unwrap();
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
        wipe(&Files, &data, 0).unwrap();
        assert!(!data.exists());
        assert!(unless_mounted(Err(io::ErrorKind::ResourceBusy.into())).is_ok());
        assert!(unless_mounted(Err(io::ErrorKind::PermissionDenied.into())).is_err());
    }
}
