//! What every request passes: a place, a request id, a limit of time, one line of log, one count.

use super::operation::Insider;
use super::throttle::Throttle;
use crate::config::Config;
use crate::metrics;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tegata_domain::number::Number;
use tegata_protocol::est::BODY_MAX;
use tegata_usecase::Cx;
use tegata_usecase::peer::Peer;
use tegata_web::lookup;
use tegata_wire::problem::{MEDIA_TYPE, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{Layer, Service};

/// The gate of all doors.
pub struct Gate {
    open_operation: bool,
    places: Arc<Semaphore>,
    lookups: Throttle,
    patience: Duration,
    /// Browsers are told to come back over HTTPS only; not on loopback, where that would bind all programs of a machine.
    secure: bool,
    /// Begin of all request ids of this start, and their count.
    ids: (u64, AtomicU64),
}

impl Gate {
    /// With the limits of the configuration; `seed` makes the ids of two starts differ.
    pub fn new(config: &Config, secure: bool, seed: u64) -> Self {
        let limits = &config.limits;
        Gate {
            open_operation: config.server.open_operation,
            places: Arc::new(Semaphore::new(limits.in_flight)),
            lookups: Throttle::new(limits.lookups_per_second),
            patience: limits.request,
            secure,
            ids: (seed, AtomicU64::new(0)),
        }
    }

    fn id(&self) -> HeaderValue {
        let mut text = String::with_capacity(ID_LENGTH);
        let _never_fails = write!(text, "{:08x}-{:x}", self.ids.0 as u32, self.ids.1.fetch_add(1, Relaxed));
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }

    /// What every answer carries, leaves in the log and counts.
    fn leave(
        &self,
        (method, route): (&Method, &'static str),
        response: &mut Response,
        id: HeaderValue,
        start: Instant,
    ) {
        let took = start.elapsed();
        log(method, route, response, &id, took);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        metrics::answered(route, response.status().as_u16(), took);
    }
}

/// The way of the two requests that most are: past routes and their layers, and out as any other answer. What memory has
/// waits for nothing, so it needs no place and no limit of time; a look-up that memory has not, does.
pub struct Shortcut {
    gate: Arc<Gate>,
    cx: Cx,
    serves: Serves,
}

/// What a door serves of what has a shortcut.
#[derive(Debug, Clone, Copy)]
pub struct Serves {
    /// Polls: over HTTPS alone.
    pub polls: bool,
    /// Look-ups: they are not led to another door.
    pub lookups: bool,
}

/// What a shortcut leads to.
pub enum Short {
    /// The answer.
    Answer(Response),
    /// A look-up that the store is to be asked for.
    Lookup(Lookup),
}

/// An admitted look-up.
pub struct Lookup {
    number: Number,
    headers: HeaderMap,
    id: HeaderValue,
    start: Instant,
    place: OwnedSemaphorePermit,
}

impl Shortcut {
    /// Out through this gate.
    pub fn new(gate: &Arc<Gate>, cx: &Cx, serves: Serves) -> Self {
        Shortcut { gate: Arc::clone(gate), cx: cx.clone(), serves }
    }

    /// The answer, or what leads to it; `None` sends the request to the routes.
    pub fn take<B: hyper::body::Body>(&self, request: &mut http::Request<B>, peer: &Peer) -> Option<Short> {
        // a body, which neither has, is left to those who read it away
        if !request.body().is_end_stream() {
            return None;
        }
        let start = Instant::now();
        if self.serves.polls
            && let Some(mut response) = tegata_protocol::ddi::poll::from_memory(request, peer, &self.cx)
        {
            self.gate.leave((request.method(), POLL), &mut response, self.gate.id(), start);
            return Some(Short::Answer(response));
        }
        let number = if self.serves.lookups { lookup::asked(request)? } else { return None };
        let id = self.gate.id();
        let place = match self.gate.admit(request.uri(), Some(peer), start) {
            Ok(place) => place,
            Err(mut refused) => {
                self.gate.leave((request.method(), LOOKUP), &mut refused, id, start);
                return Some(Short::Answer(*refused));
            }
        };
        match lookup::from_memory(number, request.headers(), &self.cx) {
            Some(mut response) => {
                self.gate.leave((request.method(), LOOKUP), &mut response, id, start);
                Some(Short::Answer(response))
            }
            None => {
                let headers = std::mem::take(request.headers_mut());
                Some(Short::Lookup(Lookup { number, headers, id, start, place }))
            }
        }
    }

    /// Asks the store.
    pub async fn look_up(&self, lookup: Lookup) -> Response {
        let Lookup { number, headers, id, start, place } = lookup;
        let answer = async { Ok(lookup::for_program(number, &headers, &self.cx).await) };
        let mut response = within(Some(self.gate.patience), answer).await;
        self.gate.leave((&Method::GET, LOOKUP), &mut response, id, start);
        drop(place);
        response
    }
}

/// Room for an id: eight digits, a hyphen, and more than a year's count.
const ID_LENGTH: usize = 20;
/// The header that carries the request id, inwards to the pages and outwards to the client.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Requests whose answer flows as long as the client sends.
fn streams(path: &str) -> bool {
    (path.starts_with("/api/v1/batches/") && path.ends_with("/devices")) || path == "/api/v1/releases"
}

fn looks_up(path: &str) -> bool {
    path.starts_with("/d/") || path.starts_with("/01/")
}

fn refuse(status: StatusCode, code: &'static str, detail: &str) -> Response {
    let body = Problem::new(status.as_u16(), code, detail).object().to_string();
    let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Puts the gate before each route. A layer with types of its own: what `from_fn` boxes and clones for each request was
/// a tenth of a look-up.
#[derive(Clone)]
pub struct Gates(pub Arc<Gate>);

impl<S> Layer<S> for Gates {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: Arc::clone(&self.0), inner }
    }
}

/// A route behind the gate.
#[derive(Clone)]
pub struct Gated<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> Service<Request> for Gated<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let start = Instant::now();
        let gate = Arc::clone(&self.gate);
        let id = gate.id();
        let near = request.extensions().get::<Peer>().is_some_and(|peer| peer.address.is_loopback());
        if near || gate.open_operation {
            request.extensions_mut().insert(Insider);
        }
        // so that a page can show it; what a client sends under this name counts for nothing
        request.headers_mut().insert(REQUEST_ID, id.clone());
        DefaultBodyLimit::max(BODY_MAX).apply(&mut request);
        let method = request.method().clone();
        let route = name(request.extensions().get::<MatchedPath>());
        let patience = (!streams(request.uri().path())).then_some(gate.patience);
        let answer = gate
            .admit(request.uri(), request.extensions().get::<Peer>(), start)
            .map(|place| (place, self.inner.call(request)));
        Box::pin(async move {
            let mut response = match answer {
                Ok((_place, answer)) => within(patience, answer).await,
                Err(refused) => *refused,
            };
            gate.leave((&method, route), &mut response, id, start);
            Ok(response)
        })
    }
}

impl Gate {
    /// A place for a request, until it is answered.
    fn admit(&self, uri: &Uri, peer: Option<&Peer>, start: Instant) -> Result<OwnedSemaphorePermit, Box<Response>> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics::overloaded();
            let text = "the server is busy; try again in a second";
            return Err(Box::new(refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", text)));
        };
        let address = peer.map(|peer| peer.address);
        if looks_up(uri.path()) && address.is_some_and(|address| !self.lookups.admits(address, start)) {
            let text = "too many look-ups from this address; wait a second";
            return Err(Box::new(refuse(StatusCode::TOO_MANY_REQUESTS, "throttled", text)));
        }
        Ok(place)
    }
}

/// The answer, or a refusal when it does not come in time.
async fn within(patience: Option<Duration>, answer: impl Future<Output = Result<Response, Infallible>>) -> Response {
    let outcome = match patience {
        Some(patience) => tokio::time::timeout(patience, answer).await,
        None => Ok(answer.await),
    };
    match outcome {
        Ok(Ok(response)) => stray(response),
        Err(_) => refuse(StatusCode::REQUEST_TIMEOUT, "too_slow", "the request took too long; send it again"),
    }
}

/// Plain texts of the framework become problems.
fn stray(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_none_or(|k| k.as_bytes().starts_with(b"text/plain"));
    if !status.is_client_error() || !plain {
        return response;
    }
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => {
            ("no_route", "there is nothing at this address; /api/openapi.json lists what there is")
        }
        StatusCode::METHOD_NOT_ALLOWED => ("method", "this address does not take this method; see the header Allow"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is larger than this address takes"),
        _ => ("request", "the request cannot be read; check it against /api/openapi.json"),
    };
    let mut problem = refuse(status, code, detail);
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

fn log(method: &Method, route: &'static str, response: &Response<Body>, id: &HeaderValue, took: Duration) {
    let (status, micros) = (response.status().as_u16(), took.as_micros() as u64);
    let id = id.to_str().unwrap_or_default();
    let error = response.extensions().get::<Arc<tegata_usecase::Error>>();
    match (status, error) {
        (500.., Some(e)) => {
            let cause = e.source.as_ref().map(ToString::to_string);
            tracing::error!(id, %method, route, status, micros, code = e.code, cause, "request failed");
        }
        (500.., None) => tracing::error!(id, %method, route, status, micros, "request failed"),
        (400.., Some(e)) => tracing::info!(id, %method, route, status, micros, code = e.code, "request refused"),
        (400.., None) => tracing::info!(id, %method, route, status, micros, "request refused"),
        _ => tracing::debug!(id, %method, route, status, micros, "request"),
    }
}

/// The route of polls.
const POLL: &str = "/{tenant}/controller/v1/{number}";

/// The route of look-ups.
const LOOKUP: &str = "/d/{number}";

/// The route as a label: a text that lives as long as the program.
fn name(route: Option<&MatchedPath>) -> &'static str {
    static ROUTES: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| crate::wiring::table().routes.iter().map(|route| route.path).collect());
    route.and_then(|route| ROUTES.get(route.as_str())).copied().unwrap_or(NO_ROUTE)
}

/// The label of what leads nowhere.
const NO_ROUTE: &str = "none";

#[cfg(test)]
mod tests {
    #[test]
    fn the_shortcut_goes_where_the_routes_do() {
        let table = crate::wiring::table();
        for path in [super::POLL, super::LOOKUP] {
            assert!(table.routes.iter().any(|route| route.path == path), "{path}");
        }
    }
}
