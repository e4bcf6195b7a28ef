//! `tegata demo`.

use super::{Failure, runtime};
use crate::demo::{self, Options, Sabotage};
use clap::Args;

/// Play a device's life over real protocols.
#[derive(Args)]
#[command(after_help = "Examples:\n  tegata demo\n  tegata demo --devices 200 --exit --json\n\nThe demo runs in a \
    fresh temporary folder on free ports of this machine and removes it at its end.")]
pub struct Demo {
    /// How many devices are made
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(5..=1_000_000))]
    devices: u32,
    /// End after the story; 0 only if every step held
    #[arg(long)]
    exit: bool,
    /// Answer with one JSON object of all steps
    #[arg(long)]
    json: bool,
    /// Break a step on purpose, to see that the demo notices
    #[arg(long, value_name = "STEP", value_enum)]
    sabotage: Option<Sabotage>,
}

pub(super) fn run(command: Demo) -> Result<(), Failure> {
    let options = Options { devices: command.devices, json: command.json, sabotage: command.sabotage };
    let runtime = runtime()?;
    let held = runtime.block_on(demo::run(options, !command.exit))?;
    drop(runtime);
    if held { Ok(()) } else { Err("not every step held".into()) }
}
