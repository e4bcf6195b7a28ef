//! Structured logs on stderr, through a thread of their own: they never block a request.

use crate::config::log::Log;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging; what is waiting is written when the guard goes.
pub fn start(log: &Log) -> Result<WorkerGuard, super::Failure> {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_new(&log.level).map_err(|e| format!("log.level \"{}\": {e}", log.level))?;
    subscribe(writer, filter, log.json);
    Ok(guard)
}

fn subscribe<W>(writer: W, filter: EnvFilter, json: bool)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter).with_ansi(false);
    let set = match json {
        true => tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish()),
        false => tracing::subscriber::set_global_default(builder.finish()),
    };
    if set.is_err() {
        eprintln!("tegata: a log was started already");
    }
}
