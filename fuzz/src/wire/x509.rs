//! Certificates: what the crate `x509-cert` takes we take, and both read the same; what we write it reads.

use arbitrary::{Result, Unstructured};
use der::{Decode, Encode};
use tegata_wire::{asn1, devid as own, x509};
use x509_cert::Certificate;

/// AlgorithmIdentifier of ecdsa-with-SHA256.
const ALGORITHM: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// A certificate that came from outside.
pub fn received(data: &[u8]) {
    let ours = x509::parse(data);
    if let Ok(read) = &ours {
        for name in [read.issuer, read.subject] {
            for kind in [x509::COMMON_NAME, x509::ORGANIZATION, x509::SERIAL_NUMBER] {
                let found = x509::attribute(name, kind);
                assert!(
                    found.is_none_or(|text| name
                        .windows(text.len().max(1))
                        .any(|part| part.starts_with(text.as_bytes())))
                );
            }
        }
        let _refused = (x509::key_bits(read.spki), own::product(data), own::validity(data));
    }
    let Ok(second) = Certificate::from_der(data) else { return };
    if second.signature().as_bytes().is_none() {
        return; // bits that are no whole bytes: no signature that anybody makes
    }
    let ours = ours.expect("x509-cert takes it");
    let tbs = second.tbs_certificate();
    assert_eq!(Some(ours.signature), second.signature().as_bytes());
    assert_eq!(ours.spki, tbs.subject_public_key_info().to_der().expect("it was read"));
    assert_eq!(ours.subject.len(), usize::try_from(tbs.subject().encoded_len().expect("it was read")).expect("short"));
}

/// A certificate that we write, of any content that it can have.
pub fn written(data: &[u8]) {
    let _short = issue(&mut Unstructured::new(data));
}

/// Year, month, day, hour, minute, second that there are.
pub fn moment(input: &mut Unstructured<'_>, first: u16) -> Result<[u16; 6]> {
    Ok([
        input.int_in_range(first..=9999)?,
        input.int_in_range(1..=12)?,
        input.int_in_range(1..=28)?,
        input.int_in_range(0..=23)?,
        input.int_in_range(0..=59)?,
        input.int_in_range(0..=59)?,
    ])
}

/// Visible ASCII.
fn text(input: &mut Unstructured<'_>, most: usize) -> Result<String> {
    let bytes = input.arbitrary::<&[u8]>()?;
    Ok(bytes.iter().take(most).map(|byte| char::from(b'a' + byte % 26)).collect())
}

fn issue(input: &mut Unstructured<'_>) -> Result<()> {
    let validity = [moment(input, 1970)?, moment(input, 1970)?];
    let uuid: u128 = input.arbitrary()?;
    let serial: [u8; 19] = input.arbitrary()?;
    // positive, and with no byte that is not needed
    let serial = [[0x40 | serial[0] & 0x3f].as_slice(), &serial[1..]].concat();
    let (issuer, subject, hardware) = (text(input, 40)?, text(input, 40)?, text(input, 40)?);
    let key: [u8; 32] = input.arbitrary()?;
    let spki = asn1::to_vec(asn1::SEQUENCE, |out| {
        out.extend([0x30, 5, 6, 3, 0x2b, 0x65, 0x70]);
        asn1::bits(out, &key);
    });
    let issuer = x509::name(&[(x509::ORGANIZATION, &issuer)]);
    let named = x509::name(&[(x509::COMMON_NAME, &subject), (x509::SERIAL_NUMBER, &hardware)]);
    let fields =
        x509::Tbs { serial: &serial, algorithm: ALGORITHM, issuer: &issuer, validity, subject: &named, spki: &spki };
    let usage = if input.arbitrary()? { x509::KeyUsage::Authority } else { x509::KeyUsage::DigitalSignature };
    let tbs = x509::tbs(&fields, |out| {
        x509::subject_key_id(out, &key[..20]);
        x509::key_usage(out, usage);
        x509::hardware_module_name(out, uuid, &hardware);
        x509::crl_point(out, "http://localhost/crl");
    });
    let der = x509::signed(&tbs, ALGORITHM, &key);
    let read = x509::parse(&der).expect("we read what we write");
    assert_eq!((read.tbs, read.serial, read.subject, read.spki), (&tbs[..], &serial[..], &named[..], &spki[..]));
    assert_eq!(x509::attribute(read.subject, x509::COMMON_NAME), Some(&*subject));
    assert_eq!(x509::key_bits(read.spki), Ok(&key[..]));
    assert_eq!(own::product(&der), Ok(Some(uuid)));
    assert_eq!(own::validity(&der), Ok(validity));
    let second = Certificate::from_der(&der).expect("x509-cert reads what we write");
    assert_eq!(second.tbs_certificate().serial_number().as_bytes(), serial);
    assert_eq!(second.to_der().expect("it was read"), der);
    Ok(())
}

/// What a device reads of its own certificate.
pub fn devid(data: &[u8]) {
    let validity = own::validity(data);
    if let Ok(moments) = validity {
        assert!(moments.iter().all(|[year, rest @ ..]| *year <= 9999 && rest.iter().all(|part| *part <= 99)));
    }
    let _refused = own::product(data);
}
