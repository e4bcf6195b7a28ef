//! `tegata backup`.

use super::progress::Progress;
use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tegata_usecase::platform::{self, BackupOrder, BackupTaken, FadingState, Manifest, VerifiedFile, VerifyOrder};

/// Back up a data folder into one sealed file, or check a backup.
#[derive(Args)]
#[command(after_help = "Examples:\n  tegata backup --data /var/lib/tegata --unlock /etc/tegata/unlock \\\n    --out \
    /backup/sunday --recovery-key /etc/tegata/recovery.key\n  tegata backup --data /var/lib/tegata --unlock \
    /etc/tegata/unlock --since /backup/sunday \\\n    --out /backup/monday --recovery-key /etc/tegata/recovery.key\n  \
    tegata backup --verify /backup/monday --recovery-key /etc/tegata/recovery.key\n\nThe platform may run meanwhile. \
    An increment holds what changed since another backup, and needs that one, and what it rests on, to be restored. \
    The recovery key is made at the first backup: copy its line `lasting` and keep it offline, away from the backups. \
    Every backup takes the keys whose time is over out of that file; what they opened (event payloads, epoch keys) can \
    then be restored by nobody. Never in a backup: tombstones.ndjson, what was erased; keep copies of that file beside \
    the backups.")]
pub struct Backup {
    /// The data folder
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    data: Option<PathBuf>,
    /// The file to make; it lies outside of the data folder
    #[arg(long, value_name = "FILE", required_unless_present = "verify")]
    out: Option<PathBuf>,
    /// Make an increment: what changed since this backup, full or an increment itself
    #[arg(long, value_name = "BACKUP")]
    since: Option<PathBuf>,
    /// The recovery key, made when it is absent [default: the name of the backup with `.recovery-key` at its end]
    #[arg(long, value_name = "FILE")]
    recovery_key: Option<PathBuf>,
    /// How long event payloads and epoch keys of this backup can be restored
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    keep_days: u32,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    /// Check a backup and all that it rests on, and restore nothing; without recovery key only the digest beside it
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["data", "out", "since", "unlock", "keep_days", "store"])]
    verify: Option<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Backup) -> Result<(), Failure> {
    if let Some(from) = command.verify {
        return verify(from, command.recovery_key, command.json);
    }
    let (Some(folder), Some(out)) = (command.data, command.out) else { return Err("give --data and --out".into()) };
    let recovery_key = command.recovery_key.unwrap_or_else(|| {
        let mut name = out.clone().into_os_string();
        name.push(".recovery-key");
        name.into()
    });
    let config = command.opened.config()?;
    let order = BackupOrder {
        folder,
        unlock: command.unlock,
        out,
        recovery_key,
        since: command.since,
        objects: config.settings.objects,
        database: config.store,
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

fn verify(from: PathBuf, recovery_key: Option<PathBuf>, as_json: bool) -> Result<(), Failure> {
    let order = VerifyOrder { from, recovery_key, clock: Arc::new(SystemClock::default()) };
    let progress = Progress::new();
    let verified = platform::verify(&order, &|what, done, of| progress.tell(what, done, of));
    progress.end();
    let verified = verified?;
    if as_json {
        let files: Vec<_> = verified.files.iter().map(answer_file).collect();
        println!("{}", json!({ "verified": true, "with_key": order.recovery_key.is_some(), "files": files }));
        return Ok(());
    }
    verified.files.iter().for_each(tell_file);
    match order.recovery_key {
        Some(_) => println!(
            "Whole: every seal, every file, every link. That rows and logs come together, `tegata restore` says; try it \
             now and then."
        ),
        None => println!("The digest is the one of then. Give --recovery-key to open it and check everything."),
    }
    Ok(())
}

fn fading(file: &VerifiedFile) -> &'static str {
    match file.fading {
        FadingState::Opened => "opened",
        FadingState::Over => "over",
        FadingState::NoKey => "no key",
        FadingState::Unknown => "unknown",
    }
}

fn answer_file(file: &VerifiedFile) -> serde_json::Value {
    let m = file.manifest.as_ref();
    json!({
        "backup": file.path, "size": file.bytes, "digest": file.digest, "fading": fading(file), "id": m.map(|m| m.id),
        "kind": m.map(Manifest::kind), "made_at": m.map(|m| &m.made_at), "fading_until": m.map(|m| &m.fading_until),
    })
}

fn tell_file(file: &VerifiedFile) {
    println!("Backup         {} ({} bytes)", file.path.display(), file.bytes);
    let digest = if file.digest.is_some() { "as it was written" } else { "none beside it" };
    println!("  digest       {digest}");
    let Some(m) = &file.manifest else { return };
    println!("  moment       {}, {}", m.made_at, m.kind());
    println!(
        "  payloads     {}",
        match file.fading {
            FadingState::Opened => format!("opened; until {}", m.fading_until),
            FadingState::Over => format!("their time is over since {}", m.fading_until),
            _ => format!("not looked at: the key {} is not in the recovery key", m.fading_key),
        }
    );
}

fn answer(taken: &BackupTaken) -> serde_json::Value {
    let m = &taken.manifest;
    json!({
        "backup": taken.out, "kind": m.kind(), "rests_on": m.chain, "size": taken.size, "id": m.id, "made_at": m.made_at,
        "counts": m.counts, "logs": m.logs, "recovery_key": taken.recovery_key, "recovery_key_made": taken.new_key,
        "fading_until": m.fading_until, "left_out": taken.left_out, "damaged": taken.damaged, "spent": taken.spent,
    })
}

fn tell(taken: &BackupTaken) {
    let m = &taken.manifest;
    let count = |table: &str| m.counts.get(table).copied().unwrap_or_default();
    println!("Backup         {} ({} bytes)", taken.out.display(), taken.size);
    println!("Moment         {}", m.made_at);
    for (i, link) in m.chain.iter().enumerate() {
        println!("{:<15}{} of {}", if i == 0 { "Rests on" } else { "" }, link.file, link.made_at);
    }
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
        println!("damaged        {name} is not what it was when it was uploaded; bring it back from an older backup,");
        println!("               and make the next backup a full one");
    }
    for path in &taken.spent {
        println!("spent          {}: nobody can restore its payloads; delete it, unless you keep it", path.display());
    }
}
