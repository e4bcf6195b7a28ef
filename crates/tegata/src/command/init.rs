//! `tegata init`.

use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tegata_usecase::cx::Names;
use tegata_usecase::platform::{self, HTTPS_CA_FILE, Initialised, NewPlatform, ROOT_FILE};

/// Set up a data folder.
#[derive(Args)]
#[command(after_help = "Examples:\n  tegata init --data /var/lib/tegata\n  tegata init --data ./data --json \\\n    \
    --public-url https://id.example.com --device-url https://device.example.com --plain-url http://pki.example.com\n\n\
    Token and password are shown once. The three addresses stand in certificates and on labels for decades:\n\
    choose names that you will keep.\n\nWith --store the platform lies in that PostgreSQL, which holds nothing yet; the \
    folder then keeps the keys, and other nodes get a copy of it.")]
pub struct Init {
    /// The data folder; absent or empty
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
    /// Name of the organisation that runs the platform
    #[arg(long, value_name = "NAME", default_value = "Tegata")]
    organisation: String,
    /// Where the unlock file goes, if not into the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// Address of pages, look-up and ledger
    #[arg(long, value_name = "URL", default_value = "https://localhost:8443")]
    public_url: String,
    /// Address that devices reach
    #[arg(long, value_name = "URL", default_value = "https://localhost:8443")]
    device_url: String,
    /// Plain HTTP address of CRLs and CA certificates
    #[arg(long, value_name = "URL", default_value = "http://localhost:8080")]
    plain_url: String,
}

fn trimmed(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

pub(super) fn run(command: Init) -> Result<(), Failure> {
    let folder = std::path::absolute(&command.data)?;
    let names = Names {
        public_url: trimmed(&command.public_url),
        device_url: trimmed(&command.device_url),
        plain_url: trimmed(&command.plain_url),
    };
    let unlock = command.unlock.map(std::path::absolute).transpose()?;
    let new = NewPlatform {
        folder,
        unlock: unlock.clone(),
        database: command.opened.config()?.store.named(),
        names,
        organisation: command.organisation,
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let done = runtime()?.block_on(platform::init(new))?;
    if command.json {
        println!("{}", answer(&done))
    } else {
        let unlock = unlock.map(|file| format!(" --unlock {}", file.display())).unwrap_or_default();
        tell(&done, &unlock)
    }
    Ok(())
}

/// The answer of `--json`.
pub fn answer(done: &Initialised) -> serde_json::Value {
    json!({
        "token": done.token, "organisation": done.organisation,
        "login": { "user": done.user, "password": done.password },
        "data": done.folder, "https_ca": done.folder.join(HTTPS_CA_FILE), "roots": [done.folder.join(ROOT_FILE)],
    })
}

fn tell(done: &Initialised, unlock: &str) {
    let folder = done.folder.display();
    println!("Data folder    {folder}");
    println!("Organisation   {}", done.organisation);
    println!("API token      {}", done.token);
    println!("Log-in         {} / {}", done.user, done.password);
    println!("\nToken and password are shown this once. Next:\n  tegata serve --data {folder}{unlock}");
    println!("Trust {folder}/{HTTPS_CA_FILE} to reach it over HTTPS.");
}
