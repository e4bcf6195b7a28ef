//! `tegata`: see [`tegata::command`].

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = tegata::command::Cli::parse();
    match tegata::command::run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tegata: {error}");
            let mut cause = error.source();
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
            if error.is::<tegata::command::doctor::Warned>() { ExitCode::from(3) } else { ExitCode::FAILURE }
        }
    }
}
