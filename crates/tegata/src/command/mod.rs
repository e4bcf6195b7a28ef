//! Subcommands, each in its file.

mod account;
mod backup;
mod config;
mod demo;
pub mod doctor;
mod export;
mod init;
mod logs;
mod progress;
mod release;
mod relocate;
mod restore;
mod serve;
pub mod verify;

use crate::config::{Config, ConfigError, Flag, Values};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// What a command ends with when it fails.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Trust platform for connected devices: identity from manufacture to disposal, provable to anybody.
#[derive(Parser)]
#[command(
    name = "tegata",
    version,
    max_term_width = 100,
    after_help = "Example:\n  tegata demo\n\nStart with the \
    demo: it plays a device's life over real protocols and prints where to look."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play a device's life over real protocols, then keep serving so that you can look around
    Demo(demo::Demo),
    /// Set up a data folder: keys, authorities, first organisation, administrator
    Init(init::Init),
    /// Run the platform on a data folder
    Serve(serve::Serve),
    /// Check proofs, checkpoints and copies of the ledger, without any server
    Verify(verify::Verify),
    /// Prepare a release: the manifest that its maker signs
    Release(release::Release),
    /// Back up a data folder into one sealed file, also while the platform runs on it
    Backup(backup::Backup),
    /// Restore a data folder from a backup
    Restore(restore::Restore),
    /// Move a platform into PostgreSQL, or back into its data folder
    Move(relocate::Move),
    /// Write all data of an organisation in open formats
    Export(export::Export),
    /// Give a person a new way in, from the machine itself
    Account(account::Account),
    /// Look for what is wrong or risky with a data folder
    Doctor(doctor::Doctor),
    /// Show the configuration and where each value comes from
    Config(config::Config),
}

/// Options that say how the platform is configured.
#[derive(clap::Args, Default)]
pub struct Configured {
    #[command(flatten)]
    opened: Opened,
    /// Address of the HTTPS port, as 127.0.0.1:8443; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    https: Option<String>,
    /// Address of the plain HTTP port, as 127.0.0.1:8080; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,
}

impl Configured {
    fn values(&self) -> Result<Values, ConfigError> {
        self.opened.values(&[("--https", "server.https", &self.https), ("--http", "server.http", &self.http)])
    }
}

/// What every command that opens a platform is given: the server's configuration, and where the platform is.
#[derive(clap::Args, Default)]
pub struct Opened {
    /// Configuration file (TOML), the one of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// PostgreSQL that holds the platform, if it is another one than configuration and data folder say
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

impl Opened {
    fn values(&self, more: &[(&'static str, &'static str, &Option<String>)]) -> Result<Values, ConfigError> {
        let environment: Vec<(String, String)> = std::env::vars().collect();
        let flags = [("--store", "store.url", &self.store)];
        let given = |(flag, key, value): &(&'static str, &'static str, &Option<String>)| {
            (*value).clone().map(|value| (*flag, *key, value))
        };
        let flags: Vec<Flag> = flags.iter().chain(more).filter_map(given).collect();
        Values::gather(self.config.as_deref(), &environment, &flags)
    }

    /// The configuration that the server would have.
    fn config(&self) -> Result<Config, ConfigError> {
        Config::from(&self.values(&[])?)
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Runs a command to its end.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(command) => demo::run(command),
        Command::Init(command) => init::run(command),
        Command::Serve(command) => serve::run(command),
        Command::Verify(command) => verify::run(command),
        Command::Release(command) => release::run(command),
        Command::Backup(command) => backup::run(command),
        Command::Restore(command) => restore::run(command),
        Command::Export(command) => export::run(command),
        Command::Account(command) => account::run(command),
        Command::Move(command) => relocate::run(command),
        Command::Doctor(command) => doctor::run(command),
        Command::Config(command) => config::run(command),
    }
}
