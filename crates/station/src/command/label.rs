//! `tegata-station label`.

use super::Failure;
use crate::unit::Unit;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Print a label again.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tegata-station label --out units/EW-C210-000001\n\nWrites label.svg and label.png \
    anew from what the folder holds. The label carries the initial\npassword: destroy a label that no unit wears."
)]
pub struct Label {
    /// The folder of the unit
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Label) -> Result<(), Failure> {
    let unit = Unit::at(&command.out)?;
    let [svg, png] = unit.print()?;
    if command.json {
        println!("{}", json!({ "serial": unit.serial, "svg": svg, "png": png }));
    } else {
        println!("{}\n{}", svg.display(), png.display());
    }
    Ok(())
}
