//! Structured logs on stderr, through a thread of their own: they never block a request.

use crate::config::log::Log;
use crate::config::trace::Trace;
use crate::trace::{self, Tracing};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry};

/// Starts logging, and tracing where it is asked for; what is waiting is written and sent when the guards go.
pub fn start(log: &Log, traced: Option<&Trace>) -> Result<(Option<Tracing>, WorkerGuard), super::Failure> {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_new(&log.level).map_err(|e| format!("log.level \"{}\": {e}", log.level))?;
    let Some(traced) = traced else {
        subscribe(writer, filter, log.json);
        return Ok((None, guard));
    };
    let (spans, tracing) = trace::start(traced)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let lines = match log.json {
        true => lines.json().flatten_event(true).boxed(),
        false => lines.boxed(),
    };
    set(Registry::default().with(spans).with(lines.with_filter(filter)));
    Ok((Some(tracing), guard))
}

fn subscribe<W>(writer: W, filter: EnvFilter, json: bool)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter).with_ansi(false);
    match json {
        true => set(builder.json().flatten_event(true).finish()),
        false => set(builder.finish()),
    }
}

fn set(subscriber: impl tracing::Subscriber + Send + Sync) {
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        eprintln!("tegata: a log was started already");
    }
}
