//! `tegata-station check`.

use super::{Failure, root};
use crate::chance::SystemChance;
use crate::check::{Against, finished};
use crate::unit::{DEVICE, KEY, REFUSED, Unit};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use tegata_keys::vault::FolderVault;

/// Check folders.
#[derive(Args)]
#[command(after_help = "Examples:\n  tegata-station check units --root root.pem\n  tegata-station check \
    units/EW-C210-000001 --json\n\nEach unit: its key answers a challenge, the certificate is of this key and serial \
    number, the chain holds,\nit is confirmed and labelled, and nobody else may read key and password.")]
pub struct Check {
    /// The folder of a unit, or that of all units
    #[arg(value_name = "DIR")]
    what: PathBuf,
    /// The platform's device root (PEM): chains must lead to it
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

/// The folders of units at or below `what`, by name.
fn folders(what: &Path) -> Result<Vec<PathBuf>, Failure> {
    if what.join(DEVICE).exists() || what.join(KEY).exists() {
        return Ok(vec![what.to_owned()]);
    }
    let entries = std::fs::read_dir(what).map_err(|e| format!("{}: {e}", what.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && name != REFUSED && !name.starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    match found.is_empty() {
        true => Err(format!("{} holds no units", what.display()).into()),
        false => Ok(found),
    }
}

pub(super) fn run(command: &Check) -> Result<(), Failure> {
    let what = std::path::absolute(&command.what)?;
    let root = root(command.root.as_deref())?;
    let (mut verified, mut problems) = (0, Vec::new());
    for folder in folders(&what)? {
        let vault = FolderVault::new(folder.parent().unwrap_or(Path::new("/")), KEY);
        let against = Against { vault: &vault, root: root.as_deref(), chance: &SystemChance };
        let checked = Unit::at(&folder).map_err(|e| e.to_string()).and_then(|unit| finished(&unit, &against));
        match checked {
            Ok(()) => verified += 1,
            Err(why) => problems.push((folder, why)),
        }
    }
    if command.json {
        let problems: Vec<_> =
            problems.iter().map(|(folder, why)| json!({ "folder": folder, "problem": why })).collect();
        println!("{}", json!({ "verified": verified, "problems": problems }));
    } else {
        problems.iter().for_each(|(folder, why)| println!("{}: {why}", folder.display()));
        println!("{verified} verified, {} with problems", problems.len());
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(format!("{count} of {} units do not hold", count + verified).into()),
    }
}
