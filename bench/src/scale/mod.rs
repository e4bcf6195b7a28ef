//! `bench scale`: one store that grows, measured at several sizes.

mod fill;
mod state;

use crate::Failure;
use crate::ground::Ground;
use fill::Filling;
use indicatif::{ProgressBar, ProgressStyle};
use state::State;
use std::path::PathBuf;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The largest size.
    pub devices: u64,
    /// Where the store stays; none: in a folder that goes.
    pub folder: Option<PathBuf>,
}

fn bar() -> Result<ProgressBar, Failure> {
    let style = ProgressStyle::with_template("bench: filling {bar:30} {human_pos} of {human_len}, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(0).with_style(style))
}

/// Measures.
pub async fn run(plan: Plan) -> Result<(), Failure> {
    let passing = tempfile::Builder::new().prefix("tegata-scale-").tempdir()?;
    let folder = plan.folder.as_deref().unwrap_or(passing.path());
    let (ground, opened) = Ground::lay_at(folder).await?;
    let mut state = State::load(folder)?;
    let bar = bar()?;
    Filling::of(&opened, &mut state).await?.to(plan.devices, &bar).await?;
    bar.finish();
    drop(opened);
    ground.fold()?;
    eprintln!("{} bytes, {} devices, {} ms", ground.bytes()?, state.done, state.took);
    Ok(())
}
