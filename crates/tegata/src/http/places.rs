//! Places: how many requests of each sort are worked on at once.
//!
//! Why by sort: look-ups and polls are answered in microseconds, lines in as long as their sender takes, writes in as
//! long as the disk takes. Where they shared their places, the slow ones would hold all of them.
//! Invariant: a request that was let in holds its place until its answer is made; a stream until its last byte.

use crate::config::limits::Limits;
use crate::metrics::http::Place as Counted;
use bytes::Bytes;
use http::Method;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tegata_usecase::share::{Shares, Slot};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Sorts of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Health and metrics: whoever runs the platform gets in when nobody else does.
    Operation,
    /// Whatever answers anybody: look-ups, pages, the ledger, CRLs.
    Public,
    /// Devices: enrolment, heartbeats, updates.
    Device,
    /// The API.
    Api,
    /// Bodies that flow for as long as their sender likes: lines and files.
    Stream,
}

/// Requests about health at once.
const OPERATION: usize = 16;

impl Sort {
    /// Of a request.
    pub fn of(method: &Method, path: &str) -> Sort {
        match Sort::of_path(path) {
            Sort::Stream if method != Method::POST => Sort::Api,
            sort => sort,
        }
    }

    fn of_path(path: &str) -> Sort {
        let lines = |rest: &str| rest.ends_with("/devices") || rest.ends_with("/confirmations");
        match path.strip_prefix("/api/v1/") {
            Some("releases") => Sort::Stream,
            Some(rest) if rest.starts_with("batches/") && lines(rest) => Sort::Stream,
            Some(_) => Sort::Api,
            None if matches!(path, "/healthz" | "/readyz" | "/metrics") => Sort::Operation,
            None if path.starts_with("/agent/") || path.starts_with("/.well-known/est/") => Sort::Device,
            None if path.split('/').nth(2) == Some("controller") => Sort::Device,
            None => Sort::Public,
        }
    }
}

/// All places of the platform.
pub struct Places {
    operation: Arc<Semaphore>,
    public: Arc<Semaphore>,
    device: Arc<Semaphore>,
    api: Arc<Semaphore>,
    stream: Arc<Semaphore>,
    requests: Arc<Shares>,
    streams: Arc<Shares>,
}

/// A place, and a slot for the organisation that turns out to ask.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    /// Where an organisation may ask.
    pub slot: Option<Arc<Slot>>,
}

impl Places {
    /// As many as the configuration says.
    pub fn new(limits: &Limits) -> Arc<Places> {
        let places = |count| Arc::new(Semaphore::new(count));
        let share = |count: usize| Shares::new(count * usize::from(limits.share_percent) / 100);
        Arc::new(Places {
            operation: places(OPERATION),
            public: places(limits.in_flight),
            device: places(limits.in_flight),
            api: places(limits.in_flight),
            stream: places(limits.streams),
            requests: share(limits.in_flight),
            streams: share(limits.streams),
        })
    }

    /// Each sort with its places, for the metrics.
    pub fn counted(&self, limits: &Limits) -> Vec<(&'static str, Counted)> {
        let counted = |semaphore: &Arc<Semaphore>, room| Counted { semaphore: Arc::clone(semaphore), room };
        vec![
            ("operation", counted(&self.operation, OPERATION)),
            ("public", counted(&self.public, limits.in_flight)),
            ("device", counted(&self.device, limits.in_flight)),
            ("api", counted(&self.api, limits.in_flight)),
            ("stream", counted(&self.stream, limits.streams)),
        ]
    }

    /// A place for a request of this sort; `None` when all are taken.
    pub fn take(&self, sort: Sort) -> Option<Place> {
        let (places, shares) = match sort {
            Sort::Operation => (&self.operation, None),
            Sort::Public => (&self.public, None),
            Sort::Device => (&self.device, None),
            Sort::Api => (&self.api, Some(&self.requests)),
            Sort::Stream => (&self.stream, Some(&self.streams)),
        };
        let permit = Arc::clone(places).try_acquire_owned().ok()?;
        Some(Place { _permit: permit, slot: shares.map(|shares| Arc::new(Slot::new(shares))) })
    }
}

/// A body that holds a place until it ends.
pub struct Held {
    body: axum::body::Body,
    _place: Place,
}

impl Held {
    /// Around the body of an answer.
    pub fn new(body: axum::body::Body, place: Place) -> Held {
        Held { body, _place: place }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_sort() {
        for (path, sort) in [
            ("/healthz", Sort::Operation),
            ("/d/0000", Sort::Public),
            ("/ledger/devices/checkpoint", Sort::Public),
            ("/crl/x/0.crl", Sort::Public),
            ("/.well-known/est/simpleenroll", Sort::Device),
            ("/agent/v1/heartbeat", Sort::Device),
            ("/DEFAULT/controller/v1/0000", Sort::Device),
            ("/api/v1/devices", Sort::Api),
            ("/api/v1/batches", Sort::Api),
            ("/api/v1/batches/1/devices", Sort::Stream),
            ("/api/v1/batches/1/confirmations", Sort::Stream),
            ("/api/v1/releases", Sort::Stream),
            ("/api/v1/releases/1", Sort::Api),
        ] {
            assert_eq!(Sort::of(&Method::POST, path), sort, "{path}");
        }
        assert_eq!(Sort::of(&Method::GET, "/api/v1/releases"), Sort::Api);
    }
}
