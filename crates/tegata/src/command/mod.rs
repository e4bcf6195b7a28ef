//! Subcommands, each in its file.

mod backup;
mod config;
mod demo;
mod doctor;
mod export;
mod init;
mod logs;
mod progress;
mod release;
mod relocate;
mod restore;
mod serve;
pub mod verify;

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
    /// Look for what is wrong or risky with a data folder
    Doctor(doctor::Doctor),
    /// Show the configuration and where each value comes from
    Config(config::Config),
}

/// Options that say how the platform is configured.
#[derive(clap::Args, Default)]
pub struct Configured {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address of the HTTPS port, as 127.0.0.1:8443; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    https: Option<String>,
    /// Address of the plain HTTP port, as 127.0.0.1:8080; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,
    /// PostgreSQL that holds the platform, if it is another one than the data folder says
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

impl Configured {
    fn values(&self) -> Result<crate::config::Values, crate::config::ConfigError> {
        let environment: Vec<(String, String)> = std::env::vars().collect();
        let mut flags = Vec::new();
        for (flag, key, value) in [
            ("--https", "server.https", &self.https),
            ("--http", "server.http", &self.http),
            ("--store", "store.url", &self.store),
        ] {
            flags.extend(value.clone().map(|value| (flag, key, value)));
        }
        crate::config::Values::gather(self.config.as_deref(), &environment, &flags)
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
        Command::Move(command) => relocate::run(command),
        Command::Doctor(command) => doctor::run(command),
        Command::Config(command) => config::run(command),
    }
}
