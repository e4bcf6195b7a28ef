//! `tegata doctor`: what is wrong or risky with a data folder.

use super::{Failure, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::Args;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_usecase::platform::{self, Opening, ROOT_KEY_FILE, UNLOCK_FILE};

/// Look for what is wrong or risky.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tegata doctor --data /var/lib/tegata\n\nEnds with 0 when nothing is wrong; warnings \
    alone do not fail. While the platform runs, ask its /readyz too."
)]
pub struct Doctor {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Default)]
struct Found {
    problems: Vec<String>,
    warnings: Vec<String>,
}

pub(super) fn run(command: Doctor) -> Result<(), Failure> {
    let mut found = Found::default();
    let unlock = command.unlock.clone().unwrap_or_else(|| command.data.join(UNLOCK_FILE));
    let root = command.data.join(ROOT_KEY_FILE);
    for private in [&command.data, &unlock, &root] {
        rights(private, &mut found);
    }
    open(&command, &mut found)?;
    let well = found.problems.is_empty();
    if command.json {
        println!("{}", json!({ "well": well, "problems": found.problems, "warnings": found.warnings }));
    } else {
        found.problems.iter().for_each(|p| println!("problem  {p}"));
        found.warnings.iter().for_each(|w| println!("warning  {w}"));
        println!("{} problems, {} warnings", found.problems.len(), found.warnings.len());
    }
    if well { Ok(()) } else { Err("the data folder has problems".into()) }
}

fn rights(path: &Path, found: &mut Found) {
    let Ok(metadata) = path.metadata() else { return };
    if metadata.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        found.problems.push(format!("{path} can be read by others; run: chmod go= {path}"));
    }
}

/// Opens the folder as a start would: locks, version, keys, clock and both logs are looked at.
fn open(command: &Doctor, found: &mut Found) -> Result<(), Failure> {
    let opening = Opening {
        folder: std::path::absolute(&command.data)?,
        unlock: command.unlock.clone(),
        database: None,
        settings: Default::default(),
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    runtime()?.block_on(async {
        match platform::open(opening).await {
            Ok(cx) => {
                let ready = platform::ready(&cx).await;
                found.problems.extend(ready.problems);
                found.warnings.extend(ready.warnings);
            }
            Err(error) => found.problems.push(error.to_string()),
        }
    });
    Ok(())
}
