//! TLS to PostgreSQL, by the rustls that the server has already.
//!
//! Why own code: the crate for it brings a second family of X.509 parsers along, for channel binding only.

use crate::error::{Error, ErrorKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

/// Makes TLS connections that hold the server to a name and to trusted roots.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Trusts the roots of a PEM file, or those of the system.
    pub(super) fn new(roots: Option<&Path>) -> Result<Self, Error> {
        let mut store = RootCertStore::empty();
        let wrong = |path: &Path, e: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Version, format!("{}: {e}; give a PEM file of roots", path.display()))
        };
        match roots {
            Some(path) => {
                for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(path, &e))? {
                    let certificate = certificate.map_err(|e| wrong(path, &e))?;
                    store.add(certificate).map_err(|e| wrong(path, &e))?;
                }
                if store.is_empty() {
                    return Err(wrong(path, &"no certificate in it"));
                }
            }
            None => {
                let (_added, _ignored) =
                    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| Error::new(ErrorKind::Broken, format!("TLS: {e}")))?;
        Ok(Tls(TlsConnector::from(Arc::new(builder.with_root_certificates(store).with_no_client_auth()))))
    }
}

impl MakeTlsConnect<tokio_postgres::Socket> for Tls {
    type Stream = Stream<tokio_postgres::Socket>;
    type TlsConnect = To;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<To, Self::Error> {
        Ok(To(self.0.clone(), ServerName::try_from(host.to_owned()).ok()))
    }
}

/// A connection to one name; a socket in a folder has none, and no TLS.
pub(super) struct To(TlsConnector, Option<ServerName<'static>>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for To {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let name = self.1.ok_or_else(|| io::Error::other("the host of the database is no name that TLS takes"))?;
            Ok(Stream(self.0.connect(name, stream).await?))
        })
    }
}

/// A stream under TLS.
pub(super) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
