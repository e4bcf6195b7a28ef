//! Accepts connections and serves them until told to stop.

use super::addresses::{Addresses, Counted};
use super::drain::Drained;
use super::gate::{Short, Shortcut};
use super::tls::Faces;
use crate::metrics::http::{self as counts, Broken};
use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::HandshakeKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tegata_fault::Point;
use tegata_usecase::peer::Peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::LazyConfigAcceptor;
use tower::ServiceExt;

/// A client may take so long for its handshake, and for the head of a request.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Between two tries to accept where that fails.
const BACK_OFF: Duration = Duration::from_millis(50);
/// Between two lines of log about that.
const TELL: Duration = Duration::from_secs(10);

/// One port.
pub struct Door {
    /// Where it listens.
    pub listener: TcpListener,
    /// TLS, or plain.
    pub faces: Option<Arc<Faces>>,
    /// What it serves.
    pub router: Router,
    /// What it answers before that.
    pub shortcut: Arc<Shortcut>,
    /// Open connections, over all doors.
    pub connections: Arc<Semaphore>,
    /// The same by address.
    pub addresses: Arc<Addresses>,
}

impl Door {
    /// Serves until `stop` turns true, then lets running requests end.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        let loopback = self.listener.local_addr().is_ok_and(|a| a.ip().is_loopback());
        let mut told = None;
        loop {
            let place = tokio::select! {
                _ = stop.changed() => break,
                place = Arc::clone(&self.connections).acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let accepted = tokio::select! {
                _ = stop.changed() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    tegata_fault::at(Point::Accepted);
                    counts::accepted();
                    let Some(counted) = self.addresses.count(address.ip()) else {
                        counts::crowded();
                        continue;
                    };
                    let connection = Connection { stream, address, loopback, place: (place, counted) };
                    let service = Service { router: self.router.clone(), shortcut: Arc::clone(&self.shortcut) };
                    tokio::spawn(connection.run(self.faces.clone(), service, graceful.watcher(), stop.clone()));
                }
                Err(error) => {
                    counts::not_accepted();
                    // out of file handles, mostly: wait for some to come back
                    if told.is_none_or(|told: Instant| told.elapsed() >= TELL) {
                        told = Some(Instant::now());
                        tracing::warn!(%error, "connections cannot be accepted; they wait, and are tried again");
                    }
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
        drop(self.listener);
        graceful.shutdown().await;
    }
}

struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    loopback: bool,
    place: (OwnedSemaphorePermit, Counted),
}

impl Connection {
    async fn run(self, faces: Option<Arc<Faces>>, to: Service, watcher: Watcher, mut stop: watch::Receiver<bool>) {
        let _nagle_is_no_error = self.stream.set_nodelay(true);
        let peer = Peer { address: self.address.ip(), certificate: None };
        let Some(faces) = faces else {
            serve(self.stream, to, peer, watcher).await;
            return drop(self.place);
        };
        let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), self.stream);
        let handshake = async {
            let start = hello.await.map_err(|_| Broken::NoTls)?;
            let face = faces.face(start.client_hello().server_name(), self.loopback).ok_or(Broken::Name)?;
            start.into_stream(face).await.map_err(|error| why(&error))
        };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(HANDSHAKE, handshake) => shaken.unwrap_or(Err(Broken::Timeout)),
            _ = stop.changed() => Err(Broken::Stopping),
        };
        match shaken {
            Ok(stream) => {
                counts::shaken(stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed));
                let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                let certificate = shown.map(|der| Arc::new(der.to_vec().into()));
                serve(stream, to, Peer { certificate, ..peer }, watcher).await;
            }
            Err(why) => {
                counts::broken(why);
                tracing::debug!(?why, "a TLS handshake failed");
            }
        }
        drop(self.place);
    }
}

/// Why a handshake failed, for the metrics.
fn why(error: &std::io::Error) -> Broken {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Broken::Certificate,
        Some(rustls::Error::AlertReceived(_)) => Broken::Alert,
        Some(_) => Broken::Protocol,
        None => Broken::NoTls,
    }
}

/// What answers requests.
struct Service {
    router: Router,
    shortcut: Arc<Shortcut>,
}

async fn serve<S>(stream: S, to: Service, peer: Peer, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let way = match to.shortcut.take(&mut request, &peer) {
            Some(short) => Err((short, Arc::clone(&to.shortcut))),
            None => {
                request.extensions_mut().insert(peer.clone());
                // most requests have no body: nothing to read away, nothing to box
                let body =
                    |body: Incoming| if body.is_end_stream() { Body::empty() } else { Body::new(Drained::new(body)) };
                Ok(to.router.clone().oneshot(request.map(body)))
            }
        };
        async move {
            match way {
                Ok(routed) => routed.await,
                Err((Short::Answer(known), _)) => {
                    if let Some(wait) = known.wait {
                        tokio::time::sleep(wait).await;
                    }
                    Ok(known.response)
                }
                Err((Short::Lookup(lookup), shortcut)) => Ok(shortcut.look_up(lookup).await),
            }
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HANDSHAKE).max_buf_size(64 * 1024);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(64).keep_alive_interval(Duration::from_secs(30));
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
