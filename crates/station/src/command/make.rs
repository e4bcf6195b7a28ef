//! `tegata-station make`.

use super::{Failure, certificates, root};
use crate::chance::SystemChance;
use crate::line::figures::Figures;
use crate::line::plan::Plan;
use crate::line::{Line, Order};
use crate::platform::Platform;
use crate::unit::{KEY, REFUSED};
use clap::Args;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tegata_keys::file;
use tegata_keys::vault::FolderVault;
use zeroize::Zeroizing;

/// Make units.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tegata-station make --url https://id.example.com --trust https-ca.pem --token-file \
    station.token \\\n    --batch 01a205bc-89fa-7006-a626-2f38cc2ef759 --out units --prefix EW-C210- --count 1000\n  \
    tegata-station make --url https://id.example.com --trust https-ca.pem --token-file station.token \\\n    --batch \
    01a205bc-89fa-7006-a626-2f38cc2ef759 --out units --serials serials.txt --root root.pem --json\n\nEach unit gets a \
    folder OUT/SERIAL with key, certificate, chain, initial password and label. Cut off at any\nmoment, the same \
    command goes on. What the platform refuses lies in OUT/refused with its problem; take the\nfolder away to try \
    again. Ends with success only when every unit that was asked for is finished."
)]
pub struct Make {
    /// Address of the platform, as https://id.example.com
    #[arg(long, value_name = "URL")]
    url: String,
    /// The platform's HTTPS authority (PEM)
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// File with an API token of role station
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The batch that permits the units
    #[arg(long, value_name = "ID")]
    batch: String,
    /// The folder of all units
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many units: PREFIX000001 and on, or the first of --serials
    #[arg(long, value_name = "N", required_unless_present = "serials", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: Option<u32>,
    /// What serial numbers begin with
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// The number of the first unit
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "serials")]
    first: u64,
    /// File with serial numbers, one a line, instead of counting
    #[arg(long, value_name = "FILE")]
    serials: Option<PathBuf>,
    /// Units of one request
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    together: u32,
    /// The platform's device root (PEM): chains must lead to it
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// How long to wait for a platform that does not answer
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    patience: u64,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Make) -> Result<(), Failure> {
    let plan = Plan {
        prefix: command.prefix,
        first: command.first,
        count: command.count.map(|count| count as usize),
        serials: command.serials,
    };
    let serials = plan.serials()?;
    let trust = certificates(&command.trust)?;
    let order = Order {
        out: std::path::absolute(&command.out)?,
        batch: command.batch,
        together: command.together as usize,
        patience: Duration::from_secs(command.patience),
        root: root(command.root.as_deref())?,
    };
    let _held = hold(&order.out)?;
    let platform = Platform::new(&command.url, &trust, &token(&command.token_file)?);
    let vault = FolderVault::new(&order.out, KEY);
    let aside = order.out.join(REFUSED);
    let line = Line { order, platform: &platform, vault: &vault, chance: &SystemChance };
    let figures = line.run(&serials);
    match command.json {
        true => println!("{}", figures.object()),
        false => tell(&figures, &aside),
    }
    ended(&figures, &aside)
}

fn token(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?);
    match text.trim() {
        "" => Err(format!("{} holds no token", path.display()).into()),
        token if token.chars().all(|c| c.is_ascii_graphic()) => Ok(Zeroizing::new(token.to_owned())),
        _ => Err(format!("{} holds more than a token", path.display()).into()),
    }
}

/// Takes the folder for this process: two lines would make two keys for one serial.
fn hold(out: &Path) -> Result<File, Failure> {
    let named = |e: std::io::Error| format!("{}: {e}", out.display());
    file::folder(out).map_err(named)?;
    let lock = File::options().create(true).truncate(false).write(true).open(out.join(".lock")).map_err(named)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another line works in {}; wait for it, or give another --out", out.display()).into())
        }
        Err(TryLockError::Error(e)) => Err(named(e).into()),
    }
}

fn tell(figures: &Figures, aside: &Path) {
    println!(
        "made {} of {}: {} resumed, {} there before",
        figures.confirmed, figures.planned, figures.resumed, figures.there
    );
    println!(
        "{:.1} units/s, yield {:.1} %, 99 of 100 requests within {:.0} ms",
        figures.rate(),
        figures.good(),
        figures.p99_ms()
    );
    for refused in &figures.refused {
        println!("refused {}: {}", refused.serial, refused.problem["detail"].as_str().unwrap_or_default());
    }
    if !figures.refused.is_empty() {
        println!("set aside in {}", aside.display());
    }
}

fn ended(figures: &Figures, aside: &Path) -> Result<(), Failure> {
    if figures.is_whole() {
        return Ok(());
    }
    let left = figures.planned - figures.confirmed - figures.refused.len();
    let next = match (&figures.stopped, figures.refused.len()) {
        (Some(why), _) => why.clone(),
        (None, count) => format!("{count} were refused; {} tells why of each", aside.display()),
    };
    Err(format!("{} of {} units are finished, {left} are left: {next}", figures.confirmed, figures.planned).into())
}
