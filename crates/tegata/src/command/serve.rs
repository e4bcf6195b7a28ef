//! `tegata serve`.

use super::{Configured, Failure, logs, runtime};
use crate::config::Config;
use crate::server::{Server, Start};
use crate::service;
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Run the platform.
#[derive(Args)]
#[command(after_help = "Examples:\n  tegata serve --data /var/lib/tegata\n  tegata serve --data ./data --https \
    127.0.0.1:0 --http 127.0.0.1:0\n\nstdout carries one line, {\"event\":\"listening\",…}; logs go to stderr. \
    SIGTERM lets running requests end.")]
pub struct Serve {
    /// The data folder that init made
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    #[command(flatten)]
    configured: Configured,
}

pub(super) fn run(command: Serve) -> Result<(), Failure> {
    let config = Config::from(&command.configured.values()?)?;
    let _written_when_they_go = logs::start(&config.log, config.trace.as_ref())?;
    let folder = std::path::absolute(&command.data)?;
    runtime()?.block_on(serve(Start { folder, unlock: command.unlock, config }))
}

async fn serve(start: Start) -> Result<(), Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(start).await?;
    let line = json!({ "event": "listening", "https": server.https.to_string(), "http": server.http.to_string() });
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush())?;
    tracing::info!(https = %server.https, http = %server.http, "listening");
    let _ends_with_us = service::ready();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("draining");
    service::stopping();
    server.stop().await;
    tracing::info!("stopped");
    Ok(())
}
