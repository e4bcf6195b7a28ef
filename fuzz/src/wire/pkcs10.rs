//! Certification requests: what the crate `x509-cert` takes we take, and both read the same.

use der::{Decode, Encode};
use tegata_wire::pkcs10;
use x509_cert::request::CertReq;
use x509_cert::spki::SubjectPublicKeyInfoRef;

/// A request.
pub fn request(data: &[u8]) {
    let ours = pkcs10::parse(data);
    if let Ok(read) = &ours {
        assert!(data.len() <= pkcs10::MAX);
        let _refused = pkcs10::public_key(read.spki);
    }
    let Ok(second) = CertReq::from_der(data) else { return };
    if data.len() > pkcs10::MAX || second.signature.as_bytes().is_none() {
        return;
    }
    let ours = ours.expect("x509-cert takes it");
    assert_eq!(ours.spki, second.info.public_key.to_der().expect("it was read"));
    assert_eq!(Some(ours.signature), second.signature.as_bytes());
    assert_eq!(ours.algorithm, second.algorithm.oid.as_bytes());
}

/// A public key.
pub fn key(data: &[u8]) {
    let (ours, parts) = (pkcs10::public_key(data), pkcs10::key_and_algorithm(data));
    if let Ok(key) = &ours {
        assert_eq!(parts.map(|(_, bits)| bits), Ok(key.key));
    }
    let Ok(second) = SubjectPublicKeyInfoRef::from_der(data) else { return };
    let Some(bits) = second.subject_public_key.as_bytes() else { return };
    let ours = ours.expect("the crate spki takes it");
    assert_eq!((ours.key, ours.algorithm), (bits, second.algorithm.oid.as_bytes()));
}
