//! `tegata account`: what whoever holds the data folder does for a person who cannot log in.

use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tegata_domain::invitation::Invitation;
use tegata_usecase::platform::{self, Opening};
use tegata_usecase::{Cx, invitation};

/// Give a person a new way in, from the machine itself.
#[derive(Args)]
#[command(after_help = "Example:\n  tegata account reset --data /var/lib/tegata --name admin")]
pub struct Account {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a link that works once and sets a new password or makes a passkey
    Reset(Reset),
}

/// Print a link that works once and sets a new password or makes a passkey.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tegata account reset --data /var/lib/tegata --unlock /etc/tegata/unlock --name admin\n\nStop \
    the platform first where it runs on its folder alone (SIGTERM); with PostgreSQL it may run on other machines meanwhile. \
    Hand the link over on a way that you trust: nobody is written to. Nothing changes before it is used; then the old \
    password and the second factor go, and all logins of the person end. It stands in the audit of the person's \
    organisation. Whoever has an administrator left asks that one for a link instead."
)]
pub struct Reset {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The person's log-in name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: Account) -> Result<(), Failure> {
    let Command::Reset(asked) = command.command;
    let (invitation, link) = runtime()?.block_on(reset(&asked))?;
    let until = invitation.expires_at.rfc3339();
    if asked.json {
        println!("{}", json!({ "name": invitation.note, "link": link, "expires_at": until }));
    } else {
        println!("Account        {}", invitation.note);
        println!("Link           {link}");
        println!("Until          {until}, once");
        println!("\nIt is not shown again. Hand it to the person on a way that you trust.");
    }
    Ok(())
}

/// The invitation, and its link.
async fn reset(asked: &Reset) -> Result<(Invitation, String), Failure> {
    let config = asked.opened.config()?;
    let opening = Opening {
        folder: std::path::absolute(&asked.data)?,
        unlock: asked.unlock.clone(),
        database: config.store,
        settings: config.settings,
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let cx: Cx = platform::open(opening).await?;
    let (invitation, secret) = invitation::reset(&asked.name, &cx).await?;
    Ok((invitation, format!("{}/invitation/{secret}", cx.names.public_url)))
}
