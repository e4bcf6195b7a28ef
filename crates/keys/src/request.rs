//! PKCS#10 requests (RFC 2986), as a device makes them: no subject, since the platform gives the name.

use crate::signer::{KeyError, Signer};
use crate::vault::DeviceKey;
use tegata_wire::asn1::{SEQUENCE, context, element, to_vec, unsigned};
use tegata_wire::x509;

fn info(spki: &[u8]) -> Vec<u8> {
    to_vec(SEQUENCE, |out| {
        unsigned(out, &[0]);
        element(out, SEQUENCE, |_| {});
        out.extend_from_slice(spki);
        element(out, context(0), |_| {});
    })
}

/// A request that proves possession of the signer's key, DER.
pub fn request(signer: &Signer) -> Result<Vec<u8>, KeyError> {
    let info = info(signer.spki());
    Ok(x509::signed(&info, signer.algorithm(), &signer.sign(&info)?))
}

/// The same of a key that only its vault can use.
pub fn request_of(key: &dyn DeviceKey) -> Result<Vec<u8>, KeyError> {
    let info = info(key.spki());
    Ok(x509::signed(&info, key.algorithm(), &key.sign(&info)?))
}
