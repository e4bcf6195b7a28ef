//! CMS: certificates go in and come out the same.

use tegata_wire::{asn1, cms};

/// Any bytes as an answer of EST, and any parts as certificates.
pub fn certificates(data: &[u8]) {
    if let Ok(found) = cms::certificates(data) {
        assert!(found.iter().map(|one| one.len()).sum::<usize>() <= data.len());
        assert_eq!(cms::certificates(&cms::certs_only(&found)).as_ref(), Ok(&found));
    }
    let parts: Vec<Vec<u8>> =
        data.split(|byte| *byte == b'|').map(|part| asn1::to_vec(asn1::SEQUENCE, |out| out.extend(part))).collect();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    assert_eq!(cms::certificates(&cms::certs_only(&parts)), Ok(parts));
}
