//! The limit of look-up and poll: an axum handler that does nothing but answer, in a process of its own.

use crate::Failure;
use axum::Router;
use axum::routing::get;
use axum::serve::Listener;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Headers and body of the answer.
fn answer(asked: &Value) -> Result<(HeaderMap, Bytes), Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in asked["headers"].as_object().into_iter().flatten() {
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default())?;
        headers.insert(HeaderName::try_from(name.as_str())?, value);
    }
    Ok((headers, Bytes::from(asked["body"].as_str().unwrap_or_default().to_owned())))
}

/// Chain and key for TLS, as they go to this process.
pub fn identity(chain: &[Vec<u8>], pkcs8: &[u8]) -> Value {
    let chain: Vec<String> = chain.iter().map(|der| BASE64_STANDARD.encode(der)).collect();
    json!({ "chain": chain, "key": BASE64_STANDARD.encode(pkcs8) })
}

/// TLS as the real server sets it up.
fn acceptor(identity: &Value) -> Result<TlsAcceptor, Failure> {
    let der = |value: &Value| BASE64_STANDARD.decode(value.as_str().unwrap_or_default());
    let chain = identity["chain"].as_array().into_iter().flatten();
    let chain = chain.map(|one| Ok(CertificateDer::from(der(one)?))).collect::<Result<_, Failure>>()?;
    let key = PrivatePkcs8KeyDer::from(der(&identity["key"])?).into();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A port with TLS; one handshake after the other, which is enough for a few kept connections.
struct Secure {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            let _nagle_is_no_error = stream.set_nodelay(true);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Serves until it is killed, with TLS when it is given an identity.
pub async fn serve() -> Result<(), Failure> {
    let asked: Value = serde_json::from_reader(std::io::stdin())?;
    let (headers, body) = answer(&asked)?;
    let handler = move || {
        let answer = (headers.clone(), body.clone());
        async move { answer }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?.to_string();
    let identity = asked.get("tls");
    let mut out = std::io::stdout();
    writeln!(out, "{}", json!({ "http": address, "https": identity.map(|_| address.clone()) }))?;
    out.flush()?;
    match identity {
        None => axum::serve(listener, Router::new().route("/d/{number}", get(handler))).await?,
        Some(identity) => {
            let router = Router::new().route("/{tenant}/controller/v1/{number}", get(handler));
            axum::serve(Secure { listener, acceptor: acceptor(identity)? }, router).await?;
        }
    }
    Ok(())
}
