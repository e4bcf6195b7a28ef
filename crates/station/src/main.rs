//! `tegata-station`: see [`tegata_station::command`].

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match tegata_station::command::run(tegata_station::command::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tegata-station: {error}");
            let mut cause = error.source();
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
            ExitCode::FAILURE
        }
    }
}
