//! Traces for OpenTelemetry: what a request waited for, from the door to the checkpoint that covers it.
//!
//! Why `tracing` spans of one target: layers below open them without knowing where they go, and as long as nothing is
//! traced no subscriber wants them, so that they cost a comparison.
//! Invariant: attributes hold routes, methods, statuses and request ids; no number, no name, no token, no address.

use crate::config::trace::Trace;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Request};
use hyper::body::{Body as _, Frame, SizeHint};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tegata_domain::measure::Counter;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The target of all spans that are exported, and of nothing else.
pub const TARGET: &str = "tegata::trace";
/// So long a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

static SENT: Counter = Counter::new();
static LOST: Counter = Counter::new();

/// Exports that a collector took, and those that it did not.
pub fn exports() -> (u64, u64) {
    (SENT.read(), LOST.read())
}

/// Sends what is waiting when it goes.
pub struct Tracing(SdkTracerProvider);

impl Drop for Tracing {
    fn drop(&mut self) {
        let _counted_as_lost = self.0.shutdown();
    }
}

/// Begins to trace: a layer for the subscriber, and what must live as long as the program.
pub fn start<S>(trace: &Trace) -> Result<(impl Layer<S> + use<S>, Tracing), String>
where
    S: tracing::Subscriber + for<'s> LookupSpan<'s> + Send + Sync,
{
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(trace)?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(&trace.endpoint)
        .build()
        .map_err(|e| format!("trace.endpoint: {e}"))?;
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder_empty().with_service_name(trace.service.clone()).with_attribute(version).build();
    // by the trace's id alone: whoever asks with a traceparent gets no more of them than others
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::TraceIdRatioBased(trace.share))
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tegata"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_filter(tracing_subscriber::filter::filter_fn(|metadata| {
            metadata.is_span() && metadata.target() == TARGET
        }));
    Ok((layer, Tracing(provider)))
}

/// The span of a request, under that of the asker where it sent a traceparent (W3C Trace Context).
pub fn request(method: &Method, route: &'static str, headers: &HeaderMap, id: &HeaderValue) -> Span {
    let span = tracing::trace_span!(
        target: "tegata::trace", parent: None, "request", otel.kind = "server", otel.name = Empty,
        otel.status_code = Empty, http.request.method = Empty, http.route = route,
        http.response.status_code = Empty, tegata.request_id = id.to_str().unwrap_or_default(),
    );
    if span.is_disabled() {
        return span;
    }
    // a method that nobody knows is a text of the asker's
    let known = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH];
    let method = if known.contains(method) { method.as_str() } else { "_OTHER" };
    span.record("otel.name", format!("{method} {route}"));
    span.record("http.request.method", method);
    let asker = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let _none_was_sent = span.set_parent(asker);
    span
}

/// Notes the answer; the span stays open until its body has gone.
pub fn answered(span: Span, response: Response) -> Response {
    if span.is_disabled() {
        return response;
    }
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    match response.body().is_end_stream() {
        true => response,
        false => response.map(|body| Body::new(Traced { body, span })),
    }
}

/// A body inside its request's span: streams work while they are sent.
struct Traced {
    body: Body,
    span: Span,
}

impl hyper::body::Body for Traced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Traced { body, span } = &mut *self;
        span.in_scope(|| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Sends to the collector: blocking, on the exporter's own thread.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Client {
    fn new(trace: &Trace) -> Result<Self, String> {
        let trusted = trace.trust.as_deref().map(authorities).transpose()?.unwrap_or_default();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(trusted)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build();
        Ok(Client(config.new_agent()))
    }

    fn send(&self, request: Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let answer = self.0.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, mut body) = answer.into_parts();
        let body = body.with_config().limit(64 * 1024).read_to_vec()?;
        Ok(http::Response::from_parts(parts, body.into()))
    }
}

/// Certificates of a PEM file; none is an error.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let certificates: Vec<_> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() { Err("trace.trust holds no certificate".into()) } else { Ok(certificates) }
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'a, 'async_trait>(&'a self, request: Request<Bytes>) -> Sending<'async_trait>
    where
        'a: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let outcome = self.send(request);
            match &outcome {
                Ok(answer) if answer.status().is_success() => SENT.one(),
                Ok(answer) => {
                    LOST.one();
                    tracing::warn!(status = answer.status().as_u16(), "the collector did not take traces");
                }
                Err(error) => {
                    LOST.one();
                    tracing::warn!(%error, "traces could not be sent");
                }
            }
            outcome
        })
    }
}
