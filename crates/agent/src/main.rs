//! `tegata-agent`: see [`tegata_agent::command`].

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = tegata_agent::command::Cli::parse();
    match tegata_agent::command::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("tegata-agent: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
