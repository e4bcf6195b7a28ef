//! TLS: which configuration a client meets, by the name it asks for.
//!
//! The handshake proves possession of a key and nothing else: any client certificate is taken, and judged at every
//! request (design: a held connection).

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use std::path::Path;
use std::sync::Arc;

/// Takes any client certificate whose key the client holds.
#[derive(Debug)]
struct Possession {
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Possession {
    /// Checks the signature with the key in the certificate, whatever else the certificate says: also one of version 1
    /// or with extensions unknown here is refused in words, at the request, rather than by a TLS alert.
    /// In TLS 1.2 a scheme names the hash only, so every algorithm that it maps to may be the one.
    fn by_key(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let malformed = |_| Error::InvalidCertificate(CertificateError::BadEncoding);
        let spki = tegata_wire::x509::parse(certificate).map_err(malformed)?.spki;
        let (identifier, key) = tegata_wire::pkcs10::key_and_algorithm(spki).map_err(malformed)?;
        let mapped = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let mut fitting = mapped
            .into_iter()
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == identifier);
        match fitting.any(|algorithm| algorithm.verify_signature(key, message, signed.signature()).is_ok()) {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(Error::InvalidCertificate(CertificateError::BadSignature)),
        }
    }
}

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match certificate.len() {
            0..=65_536 => Ok(ClientCertVerified::assertion()),
            _ => Err(Error::General("client certificate of more than 64 kB".into())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match verify_tls12_signature(message, certificate, signed, &self.algorithms) {
            Err(Error::InvalidCertificate(_)) => self.by_key(message, certificate, signed),
            other => other,
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match verify_tls13_signature(message, certificate, signed, &self.algorithms) {
            // a scheme that TLS 1.3 does not know was refused before, as misbehaviour
            Err(Error::InvalidCertificate(_)) => self.by_key(message, certificate, signed),
            other => other,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Chain and key of the server.
pub struct Identity {
    /// Certificates, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Private key.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From PEM files.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, String> {
        let name = |path: &Path, e: rustls::pki_types::pem::Error| format!("{}: {e}", path.display());
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(|e| name(certificate, e))?;
        Ok(Identity { chain, key: PrivateKeyDer::from_pem_file(key).map_err(|e| name(key, e))? })
    }
}

/// The two faces of the HTTPS port.
pub struct Faces {
    /// Asks for a client certificate.
    device: Arc<ServerConfig>,
    /// Never asks.
    public: Arc<ServerConfig>,
    device_host: String,
    public_host: String,
}

/// The host of a URL, without port.
pub fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, _)) => v6.to_owned(),
        None => rest.split(':').next().unwrap_or_default().to_owned(),
    }
}

impl Faces {
    /// Both faces with one identity. `roots`: subjects (DER Names) that device clients are told to choose by.
    pub fn new(identity: Identity, roots: Vec<Vec<u8>>, device_url: &str, public_url: &str) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let possession = Possession {
            hints: roots.into_iter().map(DistinguishedName::from).collect(),
            algorithms: provider.signature_verification_algorithms,
        };
        let device = builder(&provider)?
            .with_client_cert_verifier(Arc::new(possession))
            .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
        let public = builder(&provider)?.with_no_client_auth().with_single_cert(identity.chain, identity.key)?;
        Ok(Faces {
            device: finish(device),
            public: finish(public),
            device_host: host(device_url),
            public_host: host(public_url),
        })
    }

    /// The face for a name; `None` closes the connection. Without a known name only loopback is served, as a device.
    pub fn face(&self, name: Option<&str>, loopback: bool) -> Option<Arc<ServerConfig>> {
        let is = |host: &str| name.is_some_and(|n| n.eq_ignore_ascii_case(host));
        if is(&self.device_host) || (loopback && !is(&self.public_host)) {
            Some(Arc::clone(&self.device))
        } else if is(&self.public_host) {
            Some(Arc::clone(&self.public))
        } else {
            None
        }
    }
}

type Builder = rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>;

/// TLS 1.3, and 1.2 with forward secrecy (rustls has no other) for SWUpdate and strongSwan.
fn builder(provider: &Arc<CryptoProvider>) -> Result<Builder, Error> {
    ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
}

fn finish(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts() {
        assert_eq!(super::host("https://a.example:8443"), "a.example");
        assert_eq!(super::host("https://a.example"), "a.example");
        assert_eq!(super::host("https://[::1]:8443"), "::1");
    }
}
