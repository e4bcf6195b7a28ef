//! `bench scale`: a store of each size, filled by real commits, and what the server costs on it.

mod fill;
mod measure;
mod pages;
mod plot;
mod state;
mod table;

use crate::ground::Ground;
use crate::{Failure, machine};
use fill::Filling;
use indicatif::{ProgressBar, ProgressStyle};
use measure::Point;
use serde_json::{Value, json};
use state::State;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The largest size.
    pub devices: u64,
    /// About how long each kind of request is measured at each size.
    pub span: Duration,
    /// Where the store stays; none: in a folder that goes.
    pub folder: Option<PathBuf>,
    /// Where the plot goes.
    pub svg: Option<PathBuf>,
    /// Where the page with table and plot goes.
    pub page: Option<PathBuf>,
    /// Stores are filled; another run measures.
    pub fill: bool,
}

/// Sizes that are measured before the largest.
const SIZES: [u64; 2] = [10_000, 1_000_000];

fn bar() -> Result<ProgressBar, Failure> {
    let text = "bench: filling {bar:30} {human_pos} of {human_len}, {per_sec}, {eta} left";
    Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(text)?))
}

/// A store of one size, as far as it was filled and measured.
async fn reach(size: u64, folder: &Path, plan: &Plan) -> Result<State, Failure> {
    let (ground, opened) = Ground::lay_at(folder).await?;
    let mut state = State::load(folder)?;
    if state.base.is_none() {
        state.base = Some(ground.bytes()?);
        state.save()?;
    }
    let bar = bar()?;
    Filling::of(&opened, &mut state).await?.to(size, &bar).await?;
    bar.finish();
    if plan.fill || state.point.is_some() {
        return Ok(state);
    }
    drop(opened);
    ground.fold()?;
    let added = ground.bytes()? - state.base.unwrap_or_default();
    let disk = added as f64 / (state.done + state.left) as f64;
    let opened = ground.open().await?;
    state.point = Some(measure::measure(ground, opened, &mut state, (disk, plan.span)).await?);
    state.save()?;
    Ok(state)
}

/// How the store was filled, in words that a reader of the figures needs.
fn how(state: &State) -> String {
    format!(
        "Each device has a P-256 key of its own and an IDevID that the maker's authority signed for it, and three events: \
         made, shipped, in use. One device of {} passed the use cases one by one, with a request whose proof of \
         possession was checked ({} of {}); the others passed below that check, by the same functions, the same guards \
         and the same commits, a few thousand in one. Keys are derived from a seed. Each ship is in the audit too.",
        fill::CHECKED,
        state.checked,
        state.done,
    )
}

fn text_of(machine: &Value, name: &str) -> String {
    machine[name].as_str().unwrap_or("?").to_owned()
}

fn machine_line() -> String {
    let machine = machine::describe();
    format!(
        "{}, {} cores, Linux {}, {}",
        text_of(&machine, "cpu"),
        machine["cores"],
        text_of(&machine, "kernel"),
        text_of(&machine, "rustc")
    )
}

/// The page for the docs.
fn page(plan: &Plan, (state, points): (&State, &[Point]), path: &Path) -> Result<String, Failure> {
    let mut out = String::from("# How Tegata grows\n\nMade by\n\n```sh\ncargo run --release -p bench -- scale");
    write!(out, " --devices {}", plan.devices)?;
    if let Some(svg) = &plan.svg {
        write!(out, " --svg {}", svg.display())?;
    }
    writeln!(out, " --page {}\n```\n\non {}.\n", path.display(), machine_line())?;
    if let (Some(svg), Some(folder)) = (&plan.svg, path.parent()) {
        let from_page = svg.strip_prefix(folder).unwrap_or(svg);
        writeln!(out, "![Rates, memory, start and disk by the number of devices]({})\n", from_page.display())?;
    }
    writeln!(out, "{}", table::markdown(points))?;
    writeln!(out, "{}\n", how(state))?;
    out.push_str(
        "Server and load generator share the cores, so costs are CPU time of the server process; a ratio is the CPU time \
         of the bare work (for certificates one ECDSA verification and one signature, for polls and look-ups a handler \
         that answers the same bytes) over that of the server, median and range of the rounds. The rate beside the \
         smallest store counts in that bare work where there is some. Look-ups all go to the store, none is answered from memory. A \
         list is a page of 100 devices from a random place, a search one device by its serial. Memory in brackets is without pages of files, which the kernel takes \
         back when it needs them. Each page is asked for a hundred times, one after the other over a kept TLS connection of its \
         own, by somebody who is logged in; the time is that of the whole answer. Disk is what the fill added, a device, with the files of the ledger.\n",
    );
    Ok(out)
}

/// Measures; answers the object for `--json`.
pub async fn run(plan: Plan) -> Result<Value, Failure> {
    let mut states: Vec<State> = Vec::new();
    for size in SIZES.into_iter().filter(|size| *size < plan.devices).chain([plan.devices]) {
        // without a folder of its own, a store makes room for the next
        let passing = tempfile::Builder::new().prefix("tegata-scale-").tempdir()?;
        let folder = plan.folder.as_deref().unwrap_or(passing.path()).join(size.to_string());
        states.push(reach(size, &folder, &plan).await?);
        let points: Vec<Point> = states.iter().filter_map(|state| state.point.clone()).collect();
        if !points.is_empty() {
            eprint!("{}", table::plain(&points));
        }
    }
    let points: Vec<Point> = states.iter().filter_map(|state| state.point.clone()).collect();
    let last = states.pop().ok_or("nothing was filled")?;
    if let Some(svg) = plan.svg.as_ref().filter(|_| !plan.fill) {
        fs::write(svg, plot::draw_all(&points, machine_line())?)?;
    }
    if let Some(path) = plan.page.as_ref().filter(|_| !plan.fill) {
        fs::write(path, page(&plan, (&last, &points), path)?)?;
    }
    let rates: Vec<Value> =
        table::rates(&points).into_iter().map(|(name, rates)| json!({ "request": name, "rates": rates })).collect();
    Ok(json!({
        "work": "scale",
        "devices": last.done,
        "points": points,
        "rates_beside_smallest": rates,
        "reach": {
            "rate": 0.85, "disk_bytes": 1600, "start_ms": 1000, "idle_bytes": 300_000_000, "polling_bytes": 1_000_000_000,
        },
        "fill_ms": last.took,
        "how": how(&last),
        "machine": machine::describe(),
    }))
}
