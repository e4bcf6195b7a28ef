//! `tegata restore`.

use super::progress::Progress;
use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tegata_usecase::platform::{self, Faded, RestoreOrder, Restored};

/// Restore a data folder from a backup.
#[derive(Args)]
#[command(after_help = "Example:\n  tegata restore --from /backup/tegata-2026-11-23 --recovery-key \
    /etc/tegata/recovery.key \\\n    --data /var/lib/tegata --tombstones /backup/tombstones.ndjson\n\nEverything that \
    happened after the moment of the backup is lost. Stop the old platform for good first: from here on both logs go \
    on under new origins and new keys, and numbers jump, so that nothing is given a second time.\nWith --store the \
    platform lies in that PostgreSQL afterwards, which holds nothing yet.")]
pub struct Restore {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The recovery key
    #[arg(long, value_name = "FILE")]
    recovery_key: PathBuf,
    /// The new data folder; absent or empty
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// What was erased: tombstones.ndjson of the lost data folder, or its newest copy
    #[arg(long, value_name = "FILE")]
    tombstones: Option<PathBuf>,
    /// Where the unlock file goes, if not into the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    /// What to do where the time of event payloads and epoch keys is over
    #[arg(long, value_name = "ACT", value_enum, default_value_t = Expired::Refuse)]
    expired_epoch_keys: Expired,
    #[command(flatten)]
    opened: Opened,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

/// What to do where the fading part of a backup is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Expired {
    /// Restore nothing
    Refuse,
    /// Restore all else: what events said before is gone, their commitments stay
    Drop,
}

pub(super) fn run(command: Restore) -> Result<(), Failure> {
    let config = command.opened.config()?;
    let order = RestoreOrder {
        from: command.from,
        recovery_key: command.recovery_key,
        folder: std::path::absolute(&command.data)?,
        unlock: command.unlock.map(std::path::absolute).transpose()?,
        tombstones: command.tombstones,
        objects: config.settings.objects,
        faded: match command.expired_epoch_keys {
            Expired::Refuse => Faded::Refuse,
            Expired::Drop => Faded::Drop,
        },
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let unlock = order.unlock.clone();
    let progress = Progress::new();
    let restored = runtime()?.block_on(platform::restore(order, &|what, done, of| progress.tell(what, done, of)));
    progress.end();
    let restored = restored?;
    if let Some(database) = config.store.named() {
        let (here, to) = ((restored.folder.as_path(), &config.store), platform::Place::Database(database));
        platform::relocate(here, &to, &|_, _, _| {}).map_err(|e| {
            let folder = restored.folder.display();
            format!("{folder} is restored, but not moved: {e}. Then: tegata move --data {folder} --store URL")
        })?;
    }
    if command.json {
        println!("{}", answer(&restored));
    } else {
        let unlock = unlock.map(|file| format!(" --unlock {}", file.display())).unwrap_or_default();
        tell(&restored, &unlock);
    }
    Ok(())
}

fn answer(restored: &Restored) -> serde_json::Value {
    let m = &restored.manifest;
    let logs: Vec<_> = restored.logs.iter().map(|(old, origin)| json!({ "old": old, "origin": origin })).collect();
    json!({
        "data": restored.folder, "backup": m.id, "lost_after": m.made_at, "counts": m.counts, "logs": logs,
        "payloads_dropped": restored.dropped, "erasures_replayed": restored.erased,
    })
}

fn tell(restored: &Restored, unlock: &str) {
    let m = &restored.manifest;
    let count = |table: &str| m.counts.get(table).copied().unwrap_or_default();
    let folder = restored.folder.display();
    println!("Data folder    {folder}");
    println!(
        "Holds          {} devices, {} certificates, {} events, {} products, {} organisations",
        count("device"),
        count("certificate"),
        count("event"),
        count("product"),
        count("organisation")
    );
    for (old, origin) in &restored.logs {
        println!("Log            {origin}\n  before       {} with {} leaves", old.origin, old.head.size);
    }
    println!("\nLost: everything after {}. That is also:", m.made_at);
    println!(
        "  devices made since: their certificates are good, but no number of theirs is known here; make them anew"
    );
    println!("  revocations, quarantines, recalls, ended tokens since: do them again before you serve anybody");
    if restored.dropped {
        println!("  what events said before the backup: its time was over. Their commitments stay");
    }
    match restored.erased {
        Some(count) => println!("Erased again: {count} tombstones."),
        None => println!("No tombstones were given: who was erased after that moment is back. Erase again."),
    }
    println!("\nNext:\n  tegata doctor --data {folder}{unlock}\n  tegata serve --data {folder}{unlock}");
    println!(
        "\nThe names of the old platform stay, {} and the others: labels and certificates carry them. Let them",
        m.public_url
    );
    println!("lead here. The configuration file (ports, TLS, mail) is in no backup: bring it, or write it anew.");
    println!(
        "Announce that the ledger begins anew: who verifies takes the new keys of /ledger/keys, witnesses and monitors"
    );
    println!(
        "begin anew, and a person at each device says `tegata-agent enrol --forget-log`; till then it takes no orders."
    );
}
