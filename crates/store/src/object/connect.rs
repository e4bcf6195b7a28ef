//! HTTP below `object_store`: over the hyper and rustls that serve, so that there is one TLS to watch.
//!
//! Invariant: no answer is waited for longer than the settings say, neither for its head nor for any part of its body.

use super::S3;
use crate::Error;
use crate::error::ErrorKind;
use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector as Plain;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// Makes requests over HTTP/1.1, encrypted or not as the address says.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<HttpsConnector<Plain>, HttpRequestBody>,
    timeout: Duration,
}

impl Http {
    /// As the settings say.
    pub(super) fn new(settings: &S3) -> Result<Self, Error> {
        let mut plain = Plain::new();
        plain.set_connect_timeout(Some(CONNECT.min(settings.timeout)));
        plain.enforce_http(false);
        plain.set_nodelay(true);
        let https = HttpsConnectorBuilder::new().with_tls_config(tls(settings)?).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(https.wrap_connector(plain));
        Ok(Http { client, timeout: settings.timeout })
    }
}

fn tls(settings: &S3) -> Result<rustls::ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = &settings.trust {
        let wrong = |why: String| Error::new(ErrorKind::Broken, format!("objects.trust: {why}"));
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
            roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
        }
        if roots.len() == before {
            return Err(wrong("it holds no PEM certificate".into()));
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|e| Error::new(ErrorKind::Broken, format!("TLS: {e}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl HttpConnector for Http {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

fn late() -> HttpError {
    HttpError::new(HttpErrorKind::Timeout, std::io::Error::from(std::io::ErrorKind::TimedOut))
}

fn failed(error: ClientError) -> HttpError {
    let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
    HttpError::new(kind, error)
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = tokio::time::timeout(self.timeout, self.client.request(request)).await;
        let (head, body) = answer.map_err(|_| late())?.map_err(failed)?.into_parts();
        let body = Patient { body: boxed(body), timeout: self.timeout, end: None };
        Ok(HttpResponse::from_parts(head, HttpResponseBody::new(body)))
    }
}

fn boxed(body: hyper::body::Incoming) -> BoxBody<Bytes, HttpError> {
    use http_body_util::BodyExt;
    body.map_err(|e| HttpError::new(HttpErrorKind::Interrupted, e)).boxed()
}

/// A body that fails when its next part does not come. While nobody asks for one, no time runs.
struct Patient {
    body: BoxBody<Bytes, HttpError>,
    timeout: Duration,
    end: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl hyper::body::Body for Patient {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.end = None;
            return Poll::Ready(frame);
        }
        let timeout = self.timeout;
        let end = self.end.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(end.as_mut().poll(cx));
        Poll::Ready(Some(Err(late())))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
