//! What every request passes: a place, a request id, a limit of time, one line of log, one count.

use super::lateness::Lateness;
use super::operation::Insider;
use super::places::{Held, Place, Places, Sort};
use super::throttle::Throttle;
use crate::config::Config;
use crate::metrics::http::{self as counts, Route};
use crate::trace;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tegata_domain::number::Number;
use tegata_protocol::ddi::poll::{self, Kept};
use tegata_protocol::est::BODY_MAX;
use tegata_usecase::Cx;
use tegata_usecase::peer::Peer;
use tegata_web::lookup;
use tegata_wire::problem::{MEDIA_TYPE, Problem};
use tower::{Layer, Service};
use tracing::Instrument;

/// The gate of all doors.
pub struct Gate {
    open_operation: bool,
    places: Arc<Places>,
    lateness: Arc<Lateness>,
    lookups: Throttle,
    patience: Duration,
    /// Browsers are told to come back over HTTPS only; not on loopback, where that would bind all programs of a machine.
    secure: bool,
    /// Begin of all request ids of this start, and their count.
    ids: (u64, AtomicU64),
}

impl Gate {
    /// With the limits of the configuration; `seed` makes the ids of two starts differ.
    pub fn new(config: &Config, (places, lateness): (&Arc<Places>, &Arc<Lateness>), secure: bool, seed: u64) -> Self {
        let limits = &config.limits;
        Gate {
            open_operation: config.server.open_operation,
            places: Arc::clone(places),
            lateness: Arc::clone(lateness),
            lookups: Throttle::new(limits.lookups_per_second),
            patience: limits.request,
            secure,
            ids: (seed, AtomicU64::new(0)),
        }
    }

    fn id(&self) -> HeaderValue {
        let count = self.ids.1.fetch_add(1, Relaxed);
        let mut text = Vec::with_capacity(ID_LENGTH);
        text.extend_from_slice(&hex(self.ids.0)[8..]);
        text.push(b'-');
        text.extend_from_slice(&hex(count)[(count | 1).leading_zeros() as usize / 4..]);
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }

    /// What every answer carries, leaves in the log and counts.
    fn leave(
        &self,
        (method, route): (&Method, &'static Route),
        response: &mut Response,
        id: HeaderValue,
        start: Instant,
    ) {
        let took = start.elapsed();
        log(method, route.name, response, &id, took);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        let status = response.status().as_u16();
        route.answered(status, took);
        if status >= 400 {
            counts::refused(status, response.extensions().get::<Arc<tegata_usecase::Error>>().map(|error| error.code));
        }
    }
}

/// The way of the two requests that most are: past routes and their layers, and out as any other answer. What memory has
/// waits for nothing, so it needs no place and no limit of time; a look-up that memory has not, does.
pub struct Shortcut {
    gate: Arc<Gate>,
    cx: Cx,
    serves: Serves,
    polls: &'static Route,
    lookups: &'static Route,
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
    Answer(Known),
    /// A look-up that the store is to be asked for.
    Lookup(Lookup),
}

/// An admitted look-up.
pub struct Lookup {
    number: Number,
    headers: HeaderMap,
    id: HeaderValue,
    start: Instant,
    place: Place,
}

impl Shortcut {
    /// Out through this gate.
    pub fn new(gate: &Arc<Gate>, cx: &Cx, serves: Serves) -> Self {
        let (polls, lookups) = (counts::route(Some(POLL)), counts::route(Some(LOOKUP)));
        Shortcut { gate: Arc::clone(gate), cx: cx.clone(), serves, polls, lookups }
    }

    /// The answer, or what leads to it; `None` sends the request to the routes.
    pub fn take<B: hyper::body::Body>(&self, request: &mut http::Request<B>, peer: &Peer) -> Option<Short> {
        // a body, which neither has, is left to those who read it away
        if !request.body().is_end_stream() {
            return None;
        }
        let start = Instant::now();
        if self.serves.polls
            && let Some(kept) = poll::from_memory(request, peer, &self.cx)
        {
            let (response, wait) = match kept {
                Kept::Answer(response) => (response, None),
                Kept::TooOften(response) => (response, Some(LATE)),
            };
            return Some(self.out(self.polls, response, (self.gate.id(), start), wait));
        }
        let number = if self.serves.lookups { lookup::asked(request)? } else { return None };
        Some(self.lookup(number, request, peer, start))
    }

    fn lookup<B>(&self, number: Number, request: &mut http::Request<B>, peer: &Peer, start: Instant) -> Short {
        let id = self.gate.id();
        if let Err(refused) = self.gate.throttle(request.uri().path(), Some(peer), start) {
            return self.out(self.lookups, *refused, (id, start), Some(LATE));
        }
        if let Some(response) = lookup::from_memory(number, request.headers(), &self.cx) {
            return self.out(self.lookups, response, (id, start), None);
        }
        match self.gate.place(Sort::Public) {
            Ok(place) => {
                let headers = std::mem::take(request.headers_mut());
                Short::Lookup(Lookup { number, headers, id, start, place })
            }
            Err(refused) => self.out(self.lookups, *refused, (id, start), Some(LATE)),
        }
    }

    fn out(
        &self,
        route: &'static Route,
        mut response: Response,
        (id, start): (HeaderValue, Instant),
        wait: Option<Duration>,
    ) -> Short {
        self.gate.leave((&Method::GET, route), &mut response, id, start);
        Short::Answer(Known { response, wait })
    }

    /// Asks the store.
    pub async fn look_up(&self, lookup: Lookup) -> Response {
        let Lookup { number, headers, id, start, place } = lookup;
        let span = trace::request(&Method::GET, self.lookups.name, &headers, &id);
        let answer = async { Ok(lookup::for_program(number, &headers, &self.cx).await) };
        let mut response = within(Some(self.gate.patience), answer).instrument(span.clone()).await;
        self.gate.leave((&Method::GET, self.lookups), &mut response, id, start);
        drop(place);
        trace::answered(span, response)
    }
}

/// An answer that is known before any route.
pub struct Known {
    /// The answer.
    pub response: Response,
    /// How long it is held back.
    pub wait: Option<Duration>,
}

/// To refuse is nearly as much work as to answer, so who asks again at once is made to wait for it. It holds no place.
const LATE: Duration = Duration::from_millis(250);

/// The sixteen digits of a number. Each request has an id, and `format!` shows there.
fn hex(number: u64) -> [u8; 16] {
    std::array::from_fn(|i| b"0123456789abcdef"[(number >> (60 - 4 * i)) as usize & 15])
}

/// Room for an id: eight digits, a hyphen, and more than a year's count.
const ID_LENGTH: usize = 20;
/// The header that carries the request id, inwards to the pages and outwards to the client.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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
        let route = counts::route(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
        let sort = Sort::of(&method, request.uri().path());
        let stream = sort == Sort::Stream;
        let patience = (!stream).then_some(gate.patience);
        let span = trace::request(&method, route.name, request.headers(), &id);
        let answer = gate.admit(&request, sort, start).map(|place| {
            place.slot.iter().for_each(|slot| drop(request.extensions_mut().insert(Arc::clone(slot))));
            (place, span.in_scope(|| self.inner.call(request)))
        });
        let traced = span.clone();
        let answered = async move {
            let mut response = match answer {
                Ok((place, answer)) => {
                    let response = within(patience, answer).await;
                    if stream { response.map(|body| Body::new(Held::new(body, place))) } else { response }
                }
                Err(refused) => {
                    tokio::time::sleep(LATE).await;
                    *refused
                }
            };
            gate.leave((&method, route), &mut response, id, start);
            Ok(trace::answered(traced, response))
        };
        match span.is_disabled() {
            true => Box::pin(answered),
            false => Box::pin(answered.instrument(span)),
        }
    }
}

impl Gate {
    /// A place for a request, until it is answered.
    fn admit(&self, request: &Request, sort: Sort, start: Instant) -> Result<Place, Box<Response>> {
        let place = self.place(sort)?;
        self.throttle(request.uri().path(), request.extensions().get::<Peer>(), start)?;
        Ok(place)
    }

    fn place(&self, sort: Sort) -> Result<Place, Box<Response>> {
        // the API has shares, so that it is not the neighbours who pay; what memory has never comes here
        let late = matches!(sort, Sort::Public | Sort::Device) && self.lateness.sheds();
        (!late).then(|| self.places.take(sort)).flatten().ok_or_else(|| {
            let text = "the server is busy; try again in a second";
            Box::new(refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", text))
        })
    }

    fn throttle(&self, path: &str, peer: Option<&Peer>, start: Instant) -> Result<(), Box<Response>> {
        if looks_up(path) && peer.is_some_and(|peer| !self.lookups.admits(peer.address, start)) {
            let text = "too many look-ups from this address; wait a second";
            return Err(Box::new(refuse(StatusCode::TOO_MANY_REQUESTS, "throttled", text)));
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    #[test]
    fn sixteen_digits() {
        for number in [0, 1, 0x1f, 0x123_4567_89ab_cdef, u64::MAX] {
            assert_eq!(super::hex(number), *format!("{number:016x}").as_bytes());
        }
    }

    #[test]
    fn the_shortcut_goes_where_the_routes_do() {
        let table = crate::wiring::table();
        for path in [super::POLL, super::LOOKUP] {
            assert!(table.routes.iter().any(|route| route.path == path), "{path}");
        }
    }
}
