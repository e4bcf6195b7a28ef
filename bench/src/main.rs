//! The benchmarks: each work beside its limit, measured in the same run, so that ratios hold on a noisy machine.
//!
//! Invariant: every figure of a report was measured in the run that prints it.
#![allow(clippy::disallowed_methods, reason = "a program: it measures time")]

mod bare;
mod client;
mod cpu;
mod exposition;
mod fill;
mod ground;
mod issue;
mod ledger;
mod limit;
mod load;
mod lookup;
mod machine;
mod poll;
mod program;
mod report;
mod requests;
mod scale;
mod statistics;
mod verify;

use clap::{Args, Parser, Subcommand};
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What a benchmark ends with when it fails.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: u16 = 2;
const LINES: u32 = 500;
const LOOKUP_CONNECTIONS: u16 = 16;
const BATCH: u32 = 1000;
/// Devices in the store when nothing is said: the look-up needs some to choose from.
const LOOKUP_DEVICES: u32 = 20_000;
/// Devices that poll when nothing is said.
const POLL_DEVICES: u32 = 200_000;
const POLL_CONNECTIONS: u16 = 16;

/// Measure Tegata, each work beside its limit in the same run
#[derive(Parser)]
#[command(
    name = "bench",
    max_term_width = 100,
    after_help = "Examples:\n  cargo run --release -p bench -- issue --json\n  cargo run --release -p bench -- all\n  \
    cargo run --release -p bench -- lookup --devices 1000000 --seconds 60\n\nOne object on stdout with --json: work, \
    rate, limit, ratio (rate over limit), unit, and what explains them. Progress goes to stderr."
)]
struct Cli {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Certificates issued, durable, over HTTPS keep-alive; limit: one ECDSA P-256 verify and one sign each
    #[command(after_help = "Example:\n  cargo run --release -p bench -- issue --connections 4 --json")]
    Issue {
        #[command(flatten)]
        options: Options,
        /// Kept-alive HTTPS connections
        #[arg(long, default_value_t = CONNECTIONS, value_parser = clap::value_parser!(u16).range(1..=64))]
        connections: u16,
        /// Devices in one request
        #[arg(long, default_value_t = LINES, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        lines: u32,
        /// An empty PostgreSQL database for the rows, instead of SQLite; its own CPU time is not counted
        #[arg(long, value_name = "URL")]
        store: Option<String>,
    },
    /// Public look-ups, JSON, over HTTP keep-alive; limit: a bare axum handler that answers the same bytes
    #[command(after_help = "Example:\n  cargo run --release -p bench -- lookup --devices 1000000 --json")]
    Lookup {
        #[command(flatten)]
        options: Options,
        /// Kept-alive HTTP connections
        #[arg(long, default_value_t = LOOKUP_CONNECTIONS, value_parser = clap::value_parser!(u16).range(1..=1024))]
        connections: u16,
    },
    /// Leaves sequenced into the device log; limit: SHA-256 of the nodes and one sync for each batch
    #[command(after_help = "Example:\n  cargo run --release -p bench -- ledger --batch 4000 --json")]
    Ledger {
        #[command(flatten)]
        options: Options,
        /// Leaves that wait when the sequencer runs
        #[arg(long, default_value_t = BATCH, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        batch: u32,
    },
    /// Update polls with nothing to do, over kept TLS connections; limit: a bare axum handler behind the same TLS
    #[command(after_help = "Example:\n  cargo run --release -p bench -- poll --devices 1000000 --json")]
    Poll {
        #[command(flatten)]
        options: Options,
        /// Kept-alive HTTPS connections
        #[arg(long, default_value_t = POLL_CONNECTIONS, value_parser = clap::value_parser!(u16).range(1..=1024))]
        connections: u16,
    },
    /// Stores of 10 k, 1 M and so many devices, filled by real commits, and what the server costs on each
    #[command(
        after_help = "Example:\n  cargo run --release -p bench -- scale --devices 10000000 --dir /var/tmp/scale \\\n    \
        --svg docs/pictures/growth.svg --page docs/growth.md\n\nTen million devices take about 15 GB of disk. With --dir the \
        stores stay there, and a run that was stopped goes on."
    )]
    Scale {
        /// The largest size
        #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(100..=50_000_000))]
        devices: u64,
        /// About how long each kind of request is measured, at each size
        #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=3600))]
        seconds: u32,
        /// Where the store stays; an earlier run goes on there
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Write the plot there
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Write a page with table and plot there, in Markdown
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
        /// Fill the stores below --dir, and leave the measuring to another run
        #[arg(long, requires = "dir")]
        fill: bool,
        /// Answer with one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Proofs checked without any server, as `tegata verify` does; limit: their signatures alone
    #[command(after_help = "Example:\n  cargo run --release -p bench -- verify --devices 1000000 --json")]
    Verify {
        #[command(flatten)]
        options: Options,
    },
    /// All of these but scale, one after the other
    #[command(after_help = "Example:\n  cargo run --release -p bench -- all --json")]
    All {
        #[command(flatten)]
        options: Options,
    },
    /// The limit of look-up and poll: a server that answers the bytes it was given on stdin
    #[command(hide = true)]
    Bare,
}

/// What every work takes.
#[derive(Args, Clone, Copy)]
struct Options {
    /// About how long a work is measured
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Devices that stand in the store before the measurement
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=50_000_000))]
    devices: Option<u32>,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

impl Options {
    fn span(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

fn issue(options: Options, connections: u16, lines: u32, store: Option<String>) -> issue::Plan {
    let devices = options.devices.unwrap_or(0);
    issue::Plan { span: options.span(), store, devices, connections, lines: lines as usize }
}

fn load(options: Options, connections: u16, devices: u32) -> load::Plan {
    let devices = options.devices.unwrap_or(devices).max(1);
    load::Plan { span: options.span(), devices, connections }
}

fn ledger(options: Options, batch: u32) -> ledger::Plan {
    ledger::Plan { span: options.span(), devices: options.devices.unwrap_or(0), batch }
}

fn verify(options: Options) -> verify::Plan {
    verify::Plan { span: options.span(), devices: options.devices.unwrap_or(LOOKUP_DEVICES) }
}

/// The reports, and how they are printed: as JSON, as a list. `None` where a work printed for itself.
async fn measure(work: Work) -> Result<Option<(Vec<Report>, bool, bool)>, Failure> {
    Ok(Some(match work {
        Work::Issue { options, connections, lines, store } => {
            (vec![issue::run(issue(options, connections, lines, store)).await?], options.json, false)
        }
        Work::Lookup { options, connections } => {
            (vec![lookup::run(load(options, connections, LOOKUP_DEVICES)).await?], options.json, false)
        }
        Work::Ledger { options, batch } => (vec![ledger::run(ledger(options, batch)).await?], options.json, false),
        Work::Poll { options, connections } => {
            (vec![poll::run(load(options, connections, POLL_DEVICES)).await?], options.json, false)
        }
        Work::Verify { options } => (vec![verify::run(verify(options)).await?], options.json, false),
        Work::All { options } => {
            let issue = issue::run(issue(options, CONNECTIONS, LINES, None)).await?;
            let lookup = lookup::run(load(options, LOOKUP_CONNECTIONS, LOOKUP_DEVICES)).await?;
            let ledger = ledger::run(ledger(options, BATCH)).await?;
            let poll = poll::run(load(options, POLL_CONNECTIONS, POLL_DEVICES)).await?;
            let verify = verify::run(verify(options)).await?;
            (vec![issue, lookup, ledger, poll, verify], options.json, true)
        }
        Work::Scale { devices, seconds, dir: folder, svg, page, fill, json } => {
            let span = Duration::from_secs(seconds.into());
            let object = scale::run(scale::Plan { devices, span, folder, svg, page, fill }).await?;
            if json {
                println!("{object}");
            }
            return Ok(None);
        }
        Work::Bare => {
            bare::serve().await?;
            return Ok(None);
        }
    }))
}

fn print(json: bool, reports: &[Report], all: bool) {
    match (json, all, reports) {
        (true, false, [one]) => println!("{}", one.object()),
        (true, ..) => println!("{}", report::objects(reports)),
        (false, ..) => print!("{}", report::table(reports)),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build, whose figures mean nothing; run: cargo run --release -p bench -- …");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("bench: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(measure(cli.work)) {
        Ok(outcome) => {
            if let Some((reports, json, all)) = outcome {
                print(json, &reports, all);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
