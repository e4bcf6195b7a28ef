//! Subcommands, each in its file.

mod check;
mod label;
mod make;

use clap::{Parser, Subcommand};
use std::path::Path;

/// What a command ends with when it fails.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The production line: keys, identities, labels.
#[derive(Parser)]
#[command(
    name = "tegata-station",
    version,
    max_term_width = 100,
    after_help = "Example:\n  tegata-station make --url https://id.example.com --trust https-ca.pem --token-file \
    station.token \\\n    --batch 01a205bc-89fa-7006-a626-2f38cc2ef759 --out units --prefix EW-C210- --count 1000"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make units: key, identity, read back, confirmed, labelled; goes on where an earlier run was cut off
    Make(make::Make),
    /// Print the label of a unit again
    Label(label::Label),
    /// Check the folders of units as the next machine will read them
    Check(check::Check),
}

/// Runs a command to its end.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Make(command) => make::run(command),
        Command::Label(command) => label::run(command),
        Command::Check(command) => check::run(&command),
    }
}

/// The certificates of a PEM file, DER.
fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let none = || format!("{} has no certificate in PEM", path.display());
    Ok(crate::unit::certificates(&text).ok_or_else(none)?)
}

/// The root of `--root`.
fn root(path: Option<&Path>) -> Result<Option<Vec<u8>>, Failure> {
    path.map(|path| certificates(path).map(|mut all| all.remove(0))).transpose()
}
