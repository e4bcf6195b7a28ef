//! TLS of a client by hand: versions, what is shown, what the server asked for.

use crate::Identity;
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedProtocolVersion};
use std::sync::{Arc, Mutex, PoisonError};
use tegata_domain::time::Timestamp;
use tegata_keys::signer::Signer;
use tegata_wire::x509;

/// TLS 1.2.
pub static TLS12: &SupportedProtocolVersion = &rustls::version::TLS12;
/// TLS 1.3.
pub static TLS13: &SupportedProtocolVersion = &rustls::version::TLS13;

/// A client's side of TLS: it remembers sessions, and what servers asked it for.
#[derive(Clone)]
pub struct Client {
    /// For [`crate::Connection::open`].
    pub(crate) config: Arc<ClientConfig>,
    asked: Arc<Asked>,
}

/// Shows an identity when it is asked for one, and writes down the question.
#[derive(Debug)]
struct Asked {
    shown: Option<Arc<CertifiedKey>>,
    /// Names of authorities (DER), of each question.
    questions: Mutex<Vec<Vec<Vec<u8>>>>,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, hints: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let hints = hints.iter().map(|name| name.to_vec()).collect();
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push(hints);
        self.shown.clone()
    }

    fn has_certs(&self) -> bool {
        // so that every question is heard
        true
    }
}

impl Client {
    /// Trusts `trust` (DER), speaks `version` alone, shows `identity` when it is asked.
    pub fn new(trust: &[u8], version: &'static SupportedProtocolVersion, identity: Option<&Identity>) -> Client {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(trust.to_vec())).expect("the HTTPS authority is a certificate");
        let asked = Arc::new(Asked { shown: identity.map(certified), questions: Mutex::default() });
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .expect("both versions are built in")
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::clone(&asked) as Arc<dyn ResolvesClientCert>);
        Client { config: Arc::new(config), asked }
    }

    /// Each time that a server asked for a client certificate: the names of authorities that it gave, DER.
    pub fn questions(&self) -> Vec<Vec<Vec<u8>>> {
        self.asked.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn certified(identity: &Identity) -> Arc<CertifiedKey> {
    let chain = identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = PrivateKeyDer::from_pem_slice(identity.pem().as_bytes()).expect("a key of ours");
    let key = aws_lc_rs::sign::any_supported_type(&key).expect("P-256 is supported");
    Arc::new(CertifiedKey::new(chain, key))
}

/// A new key with a certificate that it made for itself, under this serial and subject (a DER Name).
pub fn self_made(serial: &[u8], subject: &[u8]) -> Identity {
    let mut identity = Identity::generate().expect("keys can be made");
    let pkcs8 = tegata_wire::est::decode(identity.pem().as_bytes()).expect("a key of ours");
    let signer = Signer::from_pkcs8(&pkcs8).expect("a key of ours");
    let tbs = x509::Tbs {
        serial,
        algorithm: signer.algorithm(),
        issuer: subject,
        validity: [Timestamp::from_millis(1_700_000_000_000), Timestamp::NEVER].map(Timestamp::parts),
        subject,
        spki: signer.spki(),
    };
    let tbs = x509::tbs(&tbs, |out| x509::key_usage(out, x509::KeyUsage::DigitalSignature));
    identity.chain = vec![x509::signed(&tbs, signer.algorithm(), &signer.sign(&tbs).expect("keys can sign"))];
    identity
}
