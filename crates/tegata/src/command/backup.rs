//! `tegata backup`.

use super::progress::Progress;
use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tegata_usecase::platform::{self, BackupOrder, BackupTaken};

/// Back up a data folder into one sealed file.
#[derive(Args)]
#[command(after_help = "Example:\n  tegata backup --data /var/lib/tegata --unlock /etc/tegata/unlock \\\n    --out \
    /backup/tegata-2026-11-23 --recovery-key /etc/tegata/recovery.key\n\nThe platform may run meanwhile. The recovery \
    key is made at the first backup: copy its line `lasting` and keep it offline, away from the backups. Every backup \
    takes the keys whose time is over out of that file; what they opened (event payloads, epoch keys) can then be \
    restored by nobody. Never in a backup: tombstones.ndjson, what was erased; keep copies of that file beside the \
    backups.")]
pub struct Backup {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The file to make; it lies outside of the data folder
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The recovery key, made when it is absent [default: the name of the backup with `.recovery-key` at its end]
    #[arg(long, value_name = "FILE")]
    recovery_key: Option<PathBuf>,
    /// How long event payloads and epoch keys of this backup can be restored
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    keep_days: u32,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Backup) -> Result<(), Failure> {
    let recovery_key = command.recovery_key.unwrap_or_else(|| {
        let mut name = command.out.clone().into_os_string();
        name.push(".recovery-key");
        name.into()
    });
    let order = BackupOrder {
        folder: command.data,
        unlock: command.unlock,
        out: command.out,
        recovery_key,
        objects: command.opened.settings()?.objects,
        keep: Duration::from_secs(u64::from(command.keep_days) * 24 * 3600),
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let progress = Progress::new();
    let taken = runtime()?.block_on(platform::backup(order, &|what, done, of| progress.tell(what, done, of)));
    progress.end();
    let taken = taken?;
    if command.json {
        println!("{}", answer(&taken));
    } else {
        tell(&taken);
    }
    Ok(())
}

fn answer(taken: &BackupTaken) -> serde_json::Value {
    let m = &taken.manifest;
    json!({
        "backup": taken.out, "size": taken.size, "id": m.id, "made_at": m.made_at, "counts": m.counts, "logs": m.logs,
        "recovery_key": taken.recovery_key, "recovery_key_made": taken.new_key, "fading_until": m.fading_until,
        "left_out": taken.left_out, "damaged": taken.damaged,
    })
}

fn tell(taken: &BackupTaken) {
    let m = &taken.manifest;
    let count = |table: &str| m.counts.get(table).copied().unwrap_or_default();
    println!("Backup         {} ({} bytes)", taken.out.display(), taken.size);
    println!("Moment         {}", m.made_at);
    println!(
        "Holds          {} devices, {} certificates, {} events, {} products, {} organisations",
        count("device"),
        count("certificate"),
        count("event"),
        count("product"),
        count("organisation")
    );
    println!("Event payloads until {}; everything else for as long as the recovery key lasts", m.fading_until);
    println!("Recovery key   {}", taken.recovery_key.display());
    if taken.new_key {
        println!(
            "\nThe recovery key was made just now. Without it this backup opens for nobody: keep a copy of its line\n\
             `lasting` offline, and the file away from the backups. Give it to every later backup."
        );
    }
    for name in &taken.left_out {
        println!("left out       {name} (not a file of tegata's)");
    }
    for name in &taken.damaged {
        println!("damaged        {name} is not what it was when it was uploaded; bring it back from an older backup");
    }
}
