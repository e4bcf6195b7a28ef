//! `tegata move`.

use super::progress::Progress;
use super::{Failure, Opened};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tegata_usecase::platform::{self, Place};

/// Move a platform into PostgreSQL, or back into its data folder.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tegata move --data /var/lib/tegata --store postgres://tegata@db.example.com/tegata\n  \
    tegata move --data /var/lib/tegata --store folder\n\nStop every node first (SIGTERM). Every row is held against its copy \
    by number and digest before the old place is closed; both logs go on as they are. Broken off, call it again.\nWhere \
    the configuration names the database (store.url), change that too before the next start."
)]
pub struct Move {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to: postgres://USER@HOST/NAME of an empty database, or `folder`
    #[arg(long, value_name = "URL")]
    store: String,
    /// Configuration file (TOML), the one of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Move) -> Result<(), Failure> {
    let access = Opened { config: command.config, store: None }.config()?.store;
    let to = match command.store.as_str() {
        "folder" => Place::Folder,
        url => Place::Database(access.at(url)),
    };
    let folder = std::path::absolute(&command.data)?;
    let progress = Progress::new();
    let moved = platform::relocate((&folder, &access), &to, &|what, done, of| progress.tell(what, done, of));
    progress.end();
    let counts = moved?;
    let place = if matches!(to, Place::Folder) { "folder" } else { "postgres" };
    if command.json {
        println!("{}", json!({ "data": folder, "store": place, "counts": counts }));
    } else {
        let count = |table: &str| counts.get(table).copied().unwrap_or_default();
        println!(
            "Moved          {} devices, {} certificates, {} events",
            count("device"),
            count("certificate"),
            count("event")
        );
        println!("Rows           {}, each held against its copy", counts.values().sum::<u64>());
        println!("\nNext:\n  tegata serve --data {}", folder.display());
    }
    Ok(())
}
