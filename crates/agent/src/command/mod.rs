//! Subcommands of the program. Results go to stdout, what happens on the way to stderr.

mod act;
mod status;

use crate::config::Config;
use crate::cx::Cx;
use crate::disk::Files;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::real::{Clocks, Library};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value;
use std::fs::{DirBuilder, File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;

/// The device's side of Tegata: enrols, tells how it is, installs what its maker signed, erases at the end.
#[derive(Parser)]
#[command(
    name = "tegata-agent",
    version,
    max_term_width = 100,
    after_help = "Example:\n  tegata-agent run --folder /var/lib/tegata --config /etc/tegata/agent.toml\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the platform holds the device back, 4 the platform shows another \
    life of this device than before."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Get an operational certificate under the identity from manufacture
    Enrol(Enrol),
    /// Send heartbeats, poll for updates and install them, for ever
    Run(Run),
    /// Show how the device is
    Status(Show),
    /// Ask whether an update waits, without installing it
    UpdateCheck(Show),
    /// Agree to the update that waits for consent, or refuse it
    Consent(Consent),
    /// Tell what became of the device's first password
    Credential(Credential),
    /// Run the configured attestation command and keep what it printed
    Attest(Attest),
    /// Sign at once for somebody who looks at this device's page
    Answer(Now),
    /// Destroy the owner's keys and data, and prove it to the platform
    Erase(Erase),
}

/// Where state and configuration lie.
#[derive(Args)]
struct Place {
    /// Folder with the identity from manufacture and the agent's state
    #[arg(long, value_name = "DIR", default_value = "/var/lib/tegata")]
    folder: PathBuf,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", default_value = "/etc/tegata/agent.toml")]
    config: PathBuf,
}

#[derive(Args)]
#[command(after_help = "Example:\n  tegata-agent enrol --folder /var/lib/tegata --config /etc/tegata/agent.toml\n\n\
    `run` enrols by itself; this is for the first try and for what only a person may decide.")]
struct Enrol {
    #[command(flatten)]
    place: Place,
    /// Forget the log's keys and the highest head, and take the platform's present keys: after the platform was
    /// restored with a new ledger
    #[arg(long)]
    forget_log: bool,
}

#[derive(Args)]
#[command(after_help = "Example:\n  tegata-agent run --folder /var/lib/tegata --config /etc/tegata/agent.toml")]
struct Run {
    #[command(flatten)]
    place: Place,
    /// Do what is due once, then end; the exit code tells how it went
    #[arg(long)]
    once: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  tegata-agent status\n  tegata-agent update-check --json")]
struct Show {
    #[command(flatten)]
    place: Place,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Answer {
    Yes,
    No,
}

#[derive(Args)]
#[command(after_help = "Example:\n  tegata-agent consent yes")]
struct Consent {
    /// The answer
    answer: Answer,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Word {
    /// The one from the label still works
    Initial,
    /// The owner changed it
    Changed,
    /// The device has none
    None,
}

#[derive(Args)]
#[command(
    after_help = "Example:\n  tegata-agent credential changed\n\nThe device's user interface calls this when the \
    owner sets a password."
)]
struct Credential {
    /// What became of it
    state: Word,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
#[command(after_help = "Example:\n  tegata-agent attest --nonce 4yT0…\n\nOnly the hook: the evidence is kept in \
    attest.json and printed; the platform takes none yet.")]
struct Attest {
    #[command(flatten)]
    place: Place,
    /// Nonce of who asks; a new one where none is given
    #[arg(long)]
    nonce: Option<String>,
}

#[derive(Args)]
#[command(after_help = "Example:\n  tegata-agent answer\n\nFor a button on the device: without it the question waits \
    for the next heartbeat. An agent that runs is told to beat at once.")]
struct Now {
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
#[command(after_help = "Example:\n  tegata-agent erase --confirm 7K3M-Q9TX-2HVD-R5WE\n\nThere is no way back: the \
    platform retires the device. If power or network fail, run it again.")]
struct Erase {
    #[command(flatten)]
    place: Place,
    /// The management number from the label, so that no other device is meant
    #[arg(long, value_name = "NUMBER")]
    confirm: String,
}

/// Runs a command to its end; answers the exit code.
pub fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Enrol(command) => act::enrol(&command),
        Command::Run(command) => act::run(&command),
        Command::Status(command) => status::run(&command),
        Command::UpdateCheck(command) => act::update_check(&command),
        Command::Consent(command) => act::consent(&command),
        Command::Credential(command) => act::credential(&command),
        Command::Attest(command) => act::attest(&command),
        Command::Answer(command) => act::answer(&command),
        Command::Erase(command) => act::erase(&command),
    }
}

impl Place {
    fn open(&self) -> Result<Cx> {
        let config = Config::read(&self.config)?;
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.recursive(true).create(&self.folder);
        made.map_err(|why| Error::file(&self.folder, why))?;
        config.check_folder(&self.folder, &self.config)?;
        Ok(Cx {
            config: Arc::new(config),
            folder: Folder::new(&self.folder, Arc::new(Files)),
            time: Arc::new(Clocks::start()),
            chance: Arc::new(Library),
            say: Arc::new(|line| eprintln!("{line}")),
        })
    }

    /// One agent a folder: two would show each other's tokens.
    fn lock(&self) -> Result<File> {
        let used = || Error::Other(format!("another agent uses {}: stop it first", self.folder.display()));
        self.try_lock()?.ok_or_else(used)
    }

    /// The same; `None` where an agent runs.
    fn try_lock(&self) -> Result<Option<File>> {
        let path = self.folder.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|why| Error::file(&path, why))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(Error::file(path, why)),
        }
    }
}

/// One object on one line, or a line a member.
fn show(object: &Value, json: bool) {
    if json {
        println!("{object}");
        return;
    }
    for (name, value) in object.as_object().into_iter().flatten() {
        let name = name.replace('_', " ");
        match value {
            Value::Null => {}
            Value::String(text) => println!("{name}: {text}"),
            Value::Bool(yes) => println!("{name}: {}", if *yes { "yes" } else { "no" }),
            other => println!("{name}: {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_has_an_example() {
        let all = Cli::command();
        all.clone().debug_assert();
        for command in all.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("tegata-agent {}", command.get_name())) || help.contains("Examples:"));
        }
    }
}
