//! The load generator's side of a connection: HTTPS for streams, plain HTTP with as little work as can be.

use crate::Failure;
use crate::ground::HOST;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

async fn secure(address: SocketAddr, name: &'static str, trust: &[u8]) -> Result<TlsStream<TcpStream>, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(trust))?;
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name)?, stream).await?)
}

/// An HTTPS connection that is kept.
pub struct Secure {
    sender: SendRequest<Full<Bytes>>,
    bearer: HeaderValue,
}

impl Secure {
    /// Connects, trusting the authority `trust` (DER).
    pub async fn connect(address: SocketAddr, trust: &[u8], token: &str) -> Result<Self, Failure> {
        let stream = secure(address, HOST, trust).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("bench: a connection ended: {error}");
            }
        });
        Ok(Secure { sender, bearer: HeaderValue::try_from(format!("Bearer {token}"))? })
    }

    /// Posts NDJSON; answers the body of the answer. It is read while the request is still being sent.
    pub async fn post(&mut self, path: &str, body: Bytes) -> Result<Vec<u8>, Failure> {
        self.sender.ready().await?;
        let request = Request::post(path)
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, &self.bearer)
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .body(Full::new(body))?;
        let response: Response<Incoming> = self.sender.send_request(request).await?;
        let status = response.status();
        let mut text = Vec::new();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            if let Some(data) = frame?.data_ref() {
                text.extend_from_slice(data);
            }
        }
        if !status.is_success() {
            return Err(format!("{path} was answered {status}: {}", String::from_utf8_lossy(&text)).into());
        }
        Ok(text)
    }
}

/// An HTTP/1.1 connection that is kept: plain, or over TLS.
pub struct Kept<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// A plain one.
pub type Plain = Kept<TcpStream>;
/// One over TLS.
pub type Tls = Kept<TlsStream<TcpStream>>;

/// A GET as it stands on the wire.
pub fn get(path: &str, accept: &str) -> Bytes {
    get_with(path, HOST, &[("accept", accept)])
}

/// A GET of a host with these fields.
pub fn get_with(path: &str, host: &str, fields: &[(&str, &str)]) -> Bytes {
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    Bytes::from(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{fields}\r\n"))
}

/// An answer of status 200.
pub struct Answer<'a> {
    /// Status line and headers.
    pub head: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// Status and content length of a head.
fn read_head(head: &str) -> Option<(u16, usize)> {
    let status = head.get(9..12)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((status, length?))
}

impl Plain {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Kept { stream, buffer: Vec::with_capacity(64 * 1024) })
    }
}

impl Tls {
    /// Connects to the server of this name, trusting the authority `trust` (DER).
    pub async fn connect(address: SocketAddr, name: &'static str, trust: &[u8]) -> Result<Self, Failure> {
        Ok(Kept { stream: secure(address, name, trust).await?, buffer: Vec::with_capacity(64 * 1024) })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Kept<S> {
    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>, Failure> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed a kept connection".into());
            }
            if head.is_none()
                && let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let text = std::str::from_utf8(&self.buffer[..end])?;
                let (status, length) = read_head(text).ok_or_else(|| format!("an answer without length: {text}"))?;
                if status != 200 {
                    return Err(format!("the server answered: {text}").into());
                }
                head = Some((end, end + 4 + length));
            }
            if let Some((end, whole)) = head
                && self.buffer.len() >= whole
            {
                let text = std::str::from_utf8(&self.buffer[..end])?;
                return Ok(Answer { head: text, body: &self.buffer[end + 4..whole] });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn heads() {
        let head = "HTTP/1.1 200 OK\r\nVary: a\r\nContent-Length: 12";
        assert_eq!(super::read_head(head), Some((200, 12)));
        assert_eq!(super::read_head("HTTP/1.1 404 Not Found"), None);
    }
}
