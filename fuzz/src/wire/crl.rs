//! Revocation lists: whatever is revoked, the crate `x509-cert` reads the list and finds it there.

use super::x509::moment;
use arbitrary::{Result, Unstructured};
use der::Decode;
use tegata_wire::{crl, x509};
use x509_cert::crl::CertificateList;

const ALGORITHM: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// A list that we write.
pub fn written(data: &[u8]) {
    let _short = write(&mut Unstructured::new(data));
}

fn write(input: &mut Unstructured<'_>) -> Result<()> {
    let validity = [moment(input, 1970)?, moment(input, 1970)?];
    let number = input.int_in_range(0..=i64::MAX)?;
    let mut entries = Vec::new();
    while !input.is_empty() && entries.len() < 64 {
        let mut serial: [u8; 19] = input.arbitrary()?;
        serial[0] = 0x40 | serial[0] & 0x3f;
        // 7 is none (RFC 5280 §5.3.1), 8 is for deltas
        let reason = *input.choose(&[0, 1, 2, 3, 4, 5, 6, 9, 10])?;
        entries.push(crl::Entry { serial: serial.to_vec(), at: moment(input, 1970)?, reason });
    }
    let issuer = x509::name(&[(x509::COMMON_NAME, "CA")]);
    let (authority_key_id, address) = (&[7; 20], "http://localhost/crl/1/0.crl");
    let tbs = crl::Tbs {
        algorithm: ALGORITHM,
        issuer: &issuer,
        authority_key_id,
        validity,
        number,
        address,
        entries: &entries,
    };
    let der = x509::signed(&crl::tbs(&tbs), ALGORITHM, &[1, 2, 3]);
    let read: CertificateList = CertificateList::from_der(&der).expect("x509-cert reads what we write");
    let found = read.tbs_cert_list.revoked_certificates.unwrap_or_default();
    let serials: Vec<&[u8]> = found.iter().map(|one| one.serial_number.as_bytes()).collect();
    assert_eq!(serials, entries.iter().map(|one| one.serial.as_slice()).collect::<Vec<_>>());
    let with_reason = |extensions: &Option<_>| extensions.is_some();
    assert!(
        found.iter().zip(&entries).all(|(one, wanted)| with_reason(&one.crl_entry_extensions) == (wanted.reason != 0))
    );
    Ok(())
}
