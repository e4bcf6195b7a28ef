//! Metrics in the text form of OpenMetrics, for Prometheus.

use crate::http::operation::Insider;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::LazyLock;
use std::time::Duration;
use tegata_domain::ledger::Log;
use tegata_usecase::Cx;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    route: &'static str,
    status: u16,
}

struct Http {
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    refused: Counter,
}

static HTTP: LazyLock<Http> = LazyLock::new(|| Http {
    requests: Family::default(),
    seconds: Histogram::new([0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0]),
    refused: Counter::default(),
});

/// Counts one answered request.
pub fn answered(route: &'static str, status: u16, took: Duration) {
    HTTP.requests.get_or_create(&Labels { route, status }).inc();
    HTTP.seconds.observe(took.as_secs_f64());
}

/// Counts one request that found no place.
pub fn overloaded() {
    HTTP.refused.inc();
}

/// `/metrics`, for insiders only.
pub async fn show(State(cx): State<Cx>, insider: Option<Extension<Insider>>) -> Response {
    if insider.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut registry = Registry::with_prefix("tegata");
    registry.register("http_requests", "Requests by route and status", HTTP.requests.clone());
    registry.register("http_seconds", "Time from request to answer", HTTP.seconds.clone());
    registry.register("http_overloaded", "Requests that found no place", HTTP.refused.clone());
    let store = cx.store.committed();
    let mut count = |name: &str, help: &str, value: u64| registry.register(name, help, ConstCounter::new(value));
    count("store_transactions", "Transactions of the committer", store.transactions);
    count("store_changes", "Changes in them", store.changes);
    count("store_refused", "Changes refused by a guard", store.refused);
    count("store_failed", "Transactions that failed whole", store.failed);
    count("store_commit_microseconds", "Time in commits, syncs included", store.commit_micros);
    let polls = cx.polls.counts();
    count("poll_memory_hits", "Polls answered from memory", polls.hits);
    count("poll_memory_misses", "Polls that were not", polls.misses);
    let lookups = cx.lookups.counts();
    count("lookup_memory_hits", "Look-ups answered from memory", lookups.hits);
    count("lookup_memory_misses", "Look-ups that were not", lookups.misses);
    let mut gauge = |name: &str, help: &str, value: i64| registry.register(name, help, ConstGauge::new(value));
    for log in Log::ALL {
        let name = format!("ledger_{}_size", log.name());
        gauge(&name, "Leaves under the published checkpoint", cx.ledger.published_size(log) as i64);
    }
    let waiting = cx.store.ledger().waiting().await.unwrap_or(0);
    gauge("ledger_waiting", "Leaves that no checkpoint covers yet", waiting as i64);
    gauge("poll_memory_answers", "Answers to polls that are kept in memory", polls.kept as i64);
    gauge("lookup_memory_answers", "Answers to look-ups that are kept in memory", lookups.kept as i64);
    gauge("disk_free_bytes", "Free disk at the data folder", cx.store.free_bytes().unwrap_or(0) as i64);
    gauge("clock_trusted", "1 while the clock is trusted", i64::from(cx.clock.now().is_ok()));
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        text.clear();
    }
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
