//! PKCS#10 requests (RFC 2986), as a device makes them: no subject, since the platform gives the name.

use crate::signer::{KeyError, Signer};
use tegata_wire::asn1::{SEQUENCE, context, element, to_vec, unsigned};
use tegata_wire::x509;

/// A request that proves possession of the signer's key, DER.
pub fn request(signer: &Signer) -> Result<Vec<u8>, KeyError> {
    let info = to_vec(SEQUENCE, |out| {
        unsigned(out, &[0]);
        element(out, SEQUENCE, |_| {});
        out.extend_from_slice(signer.spki());
        element(out, context(0), |_| {});
    });
    Ok(x509::signed(&info, signer.algorithm(), &signer.sign(&info)?))
}
