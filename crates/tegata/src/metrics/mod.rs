//! What the platform counts, for Prometheus and for our own page.
//!
//! Why by ourselves: what is counted at every request must take no lock, and what is left then is forty lines of text
//! (ADR 22). `promtool` and a real Prometheus read them in the tests.
//! Invariant: a label's value is a text of this program, never of a request: its type says so.

pub mod http;
pub mod page;
mod platform;
mod process;
pub mod sample;
mod text;

use self::http::Place;
use crate::http::operation::Insider;
use ::http::{StatusCode, header};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use tegata_domain::measure::Distribution;
use tegata_usecase::Cx;

/// How a metric is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows; its name ends in `_total`.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// The value of a sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count.
    Whole(u64),
    /// Seconds, a share, a moment.
    Real(f64),
    /// A histogram, and what its unit is in that of the metric: 1e-9 for nanoseconds in a metric of seconds.
    Spread(Distribution, f64),
}

/// A label: name, value.
pub type Label = (&'static str, &'static str);

/// One metric with all its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Its name, in the conventions of Prometheus.
    pub name: &'static str,
    /// What it says, in a sentence without full stop.
    pub help: &'static str,
    /// How it is read.
    pub kind: Kind,
    /// Values by labels.
    pub samples: Vec<(Vec<Label>, Value)>,
}

impl Family {
    /// One without samples yet.
    fn new(kind: Kind, name: &'static str, help: &'static str) -> Self {
        Family { name, help, kind, samples: Vec::new() }
    }

    fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::new(Kind::Counter, name, help).with(&[], Value::Whole(value))
    }

    fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self::new(Kind::Gauge, name, help).with(&[], Value::Real(value))
    }

    fn whole(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::new(Kind::Gauge, name, help).with(&[], Value::Whole(value))
    }

    /// A histogram of nanoseconds, told in seconds.
    fn times(name: &'static str, help: &'static str, spread: Distribution) -> Self {
        Self::new(Kind::Histogram, name, help).with(&[], Value::Spread(spread, 1e-9))
    }

    fn with(mut self, labels: &[Label], value: Value) -> Self {
        self.samples.push((labels.to_vec(), value));
        self
    }
}

/// Every metric there is, now.
pub async fn all(cx: &Cx) -> Vec<Family> {
    let mut all = http::families();
    all.extend(platform::families(cx));
    all.extend(sample::families());
    all.extend(process::families());
    all
}

/// The text form of Prometheus, version 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/metrics`, for insiders only.
pub async fn show(State(cx): State<Cx>, insider: Option<Extension<Insider>>) -> Response {
    if insider.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CONTENT_TYPE, TEXT)], text::write(&all(&cx).await)).into_response()
}

/// Counts of what has room for so many.
fn filled(place: &Place) -> (u64, u64) {
    let left = place.semaphore.available_permits();
    (place.room.saturating_sub(left) as u64, place.room as u64)
}

#[cfg(test)]
mod tests;
