//! `tegata doctor`: what is wrong or risky with a data folder, and what to do.

use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use crate::config::Config;
use clap::Args;
use serde_json::json;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use tegata_domain::time::Clock;
use tegata_usecase::platform::{self, Opening, Ready, SERVER_SOON, UNLOCK_FILE};
use tegata_usecase::{Cx, Error};

/// Look for what is wrong or risky.
#[derive(Args)]
#[command(after_help = "Examples:\n  tegata doctor --data /var/lib/tegata\n  sudo -u tegata tegata doctor --data \
    /var/lib/tegata --unlock /etc/tegata/unlock \\\n    --config /etc/tegata/tegata.toml\n\nIt looks at rights and \
    owners of files, keys, clock, disk, certificates, backups, and counts both ledgers again from their first leaf. \
    The platform may run meanwhile.\nEnds with 0 when nothing is wrong, with 1 when there is a problem; with \
    --strict, with 3 when there are warnings only.")]
pub struct Doctor {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// End with 3 when there are warnings
    #[arg(long)]
    strict: bool,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

/// There are warnings, and the command was told to be strict.
#[derive(Debug, thiserror::Error)]
#[error("the data folder has warnings")]
pub struct Warned;

pub(super) fn run(command: Doctor) -> Result<(), Failure> {
    as_its_owner(&command.data)?;
    let config = command.opened.config()?;
    let unlock = command.unlock.clone().unwrap_or_else(|| command.data.join(UNLOCK_FILE));
    let mut found = platform::rights(&command.data, &unlock);
    system_clock(synchronised(), &mut found);
    certificate(&config, &mut found);
    open(&command, &config, &mut found)?;
    tell(&command, &found);
    match (found.problems.is_empty(), found.warnings.is_empty()) {
        (false, _) => Err("the data folder has problems".into()),
        (true, false) if command.strict => Err(Warned.into()),
        (true, _) => Ok(()),
    }
}

/// What root opens may leave files of root behind, which the service could not open.
fn as_its_owner(folder: &Path) -> Result<(), Failure> {
    let (Ok(us), Ok(owner)) = (std::fs::metadata("/proc/self"), folder.metadata()) else { return Ok(()) };
    if us.uid() != 0 || owner.uid() == 0 {
        return Ok(());
    }
    let (uid, folder) = (owner.uid(), folder.display());
    Err(format!("{folder} belongs to account {uid}; look as that account: sudo -u '#{uid}' tegata doctor …").into())
}

fn tell(command: &Doctor, found: &Ready) {
    let Ready { problems, warnings } = found;
    if command.json {
        println!("{}", json!({ "well": problems.is_empty(), "problems": problems, "warnings": warnings }));
        return;
    }
    problems.iter().for_each(|p| println!("problem  {p}"));
    warnings.iter().for_each(|w| println!("warning  {w}"));
    println!("{} problems, {} warnings", problems.len(), warnings.len());
}

/// Whether the system says that its clock follows a time server; `None` where it cannot be asked.
fn synchronised() -> Option<bool> {
    let mut ask = std::process::Command::new("timedatectl");
    ask.args(["show", "--property=NTPSynchronized", "--value"]).stdin(Stdio::null());
    match String::from_utf8_lossy(&ask.output().ok()?.stdout).trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn system_clock(synchronised: Option<bool>, found: &mut Ready) {
    if synchronised == Some(false) {
        let text = "no time server keeps the clock of this system; run systemd-timesyncd or chrony, then `timedatectl`";
        found.warnings.push(text.into());
    }
}

/// The certificate that the configuration names, where it names one.
fn certificate(config: &Config, found: &mut Ready) {
    let Some((path, _)) = &config.tls.files else { return };
    let Ok(now) = SystemClock::default().now() else { return };
    let name = path.display().to_string();
    match std::fs::read_to_string(path).map(|text| platform::from_pem(&text)) {
        Ok(Some(der)) => found.add(platform::ending(&name, &der, (now, SERVER_SOON), "renew it, then restart")),
        Ok(None) => found.problems.push(format!("{name} holds no PEM certificate; see tls.certificate")),
        Err(error) => found.problems.push(format!("{name}: {error}; see tls.certificate")),
    }
}

/// Opens the folder as a start would, so that locks, version, keys, clock and both logs are looked at; or reads beside
/// the platform that runs on it.
fn open(command: &Doctor, config: &Config, found: &mut Ready) -> Result<(), Failure> {
    let folder = std::path::absolute(&command.data)?;
    let opening = || Opening {
        folder: folder.clone(),
        unlock: command.unlock.clone(),
        database: config.store.clone(),
        settings: config.settings.clone(),
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    runtime()?.block_on(async {
        match platform::open(opening()).await {
            Ok(cx) => look(&cx, found).await,
            Err(error) if error.code == "in_use" => match platform::open_to_read(opening()).await {
                Ok(cx) => look(&cx, found).await,
                Err(error) => refused(&error, found),
            },
            Err(error) => refused(&error, found),
        }
    });
    Ok(())
}

async fn look(cx: &Cx, found: &mut Ready) {
    let probed = platform::probe_objects(&SystemChance, cx).await;
    found.problems.extend(probed.err().map(|error| format!("the object store: {error}")));
    found.add(platform::ready(cx).await);
    found.add(platform::examine(cx).await);
}

fn refused(error: &Error, found: &mut Ready) {
    found.problems.push(error.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_nobody_keeps_is_told_and_an_unknown_one_is_not() {
        for (said, warnings) in [(Some(false), 1), (Some(true), 0), (None, 0)] {
            let mut found = Ready::default();
            system_clock(said, &mut found);
            assert_eq!((found.warnings.len(), found.problems.len()), (warnings, 0), "{said:?}");
        }
    }
}
