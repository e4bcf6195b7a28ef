//! What a device reads of its own certificates (IEEE 802.1AR §8): the product in an IDevID, how long an LDevID holds.
//!
//! Why beside `x509`: the server never reads these back, since it keeps the bytes that it issued; a device has nothing
//! else.

use crate::asn1::{BOOLEAN, INTEGER, OCTET_STRING, OID, SEQUENCE, context};
use crate::read::{Elements, Malformed, one};
use der::asn1::ObjectIdentifier as Oid;

const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
const HARDWARE_MODULE_NAME: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.8.4");
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// notBefore and notAfter of a certificate: year, month, day, hour, minute, second in UTC.
pub fn validity(certificate: &[u8]) -> Result<[[u16; 6]; 2], Malformed> {
    let mut fields = tbs(certificate)?;
    let (_, content) = fields.next(SEQUENCE)?;
    let mut times = Elements::new(content)?;
    let validity = [time(&mut times)?, time(&mut times)?];
    times.end()?;
    Ok(validity)
}

/// The product of an IDevID: the UUID in the hardware type `2.25.<uuid>` of its HardwareModuleName. `None` where the
/// certificate has no such name.
pub fn product(certificate: &[u8]) -> Result<Option<u128>, Malformed> {
    let mut fields = tbs(certificate)?;
    for _ in 0..3 {
        fields.next(SEQUENCE)?; // validity, subject, key
    }
    let Some((_, extensions)) = fields.optional(context(3))? else { return Ok(None) };
    let mut extensions = Elements::new(one(extensions, SEQUENCE)?.1)?;
    while extensions.peek().is_some() {
        let mut extension = Elements::new(extensions.next(SEQUENCE)?.1)?;
        let is_name = extension.next(OID)?.1 == SUBJECT_ALT_NAME.as_bytes();
        extension.optional(BOOLEAN)?;
        let (_, value) = extension.next(OCTET_STRING)?;
        if is_name {
            return hardware_type(value);
        }
    }
    Ok(None)
}

/// The fields of a TBSCertificate from its validity on.
fn tbs(certificate: &[u8]) -> Result<Elements<'_>, Malformed> {
    let mut outer = Elements::new(one(certificate, SEQUENCE)?.1)?;
    let mut fields = Elements::new(outer.next(SEQUENCE)?.1)?;
    fields.optional(context(0))?;
    fields.next(INTEGER)?;
    fields.next(SEQUENCE)?;
    fields.next(SEQUENCE)?;
    Ok(fields)
}

fn hardware_type(names: &[u8]) -> Result<Option<u128>, Malformed> {
    let mut names = Elements::new(one(names, SEQUENCE)?.1)?;
    while names.peek().is_some() {
        let (tag, (_, content)) = names.any()?;
        if tag != context(0) {
            continue;
        }
        let mut other = Elements::new(content)?;
        if other.next(OID)?.1 != HARDWARE_MODULE_NAME.as_bytes() {
            continue;
        }
        let (_, value) = other.next(context(0))?;
        let mut module = Elements::new(one(value, SEQUENCE)?.1)?;
        return uuid_of_oid(module.next(OID)?.1).map(Some);
    }
    Ok(None)
}

/// The UUID of an OID `2.25.<uuid>` (ITU-T X.667 §7), from the OID's content.
fn uuid_of_oid(content: &[u8]) -> Result<u128, Malformed> {
    let wrong = Malformed("hardware type, which must be 2.25.<uuid>");
    let [105, digits @ ..] = content else { return Err(wrong) };
    let last = digits.last().is_some_and(|digit| digit & 0x80 == 0);
    let inner = digits.iter().rev().skip(1).all(|digit| digit & 0x80 != 0);
    if !last || !inner || digits.len() > 19 || digits[0] == 0x80 {
        return Err(wrong);
    }
    let top = digits.len() == 19 && digits[0] & 0x7f > 3;
    if top {
        return Err(wrong); // more than 128 bits
    }
    Ok(digits.iter().fold(0, |uuid, digit| uuid << 7 | u128::from(digit & 0x7f)))
}

/// Time (RFC 5280 §4.1.2.5): UTCTime or GeneralizedTime, with seconds, in UTC.
fn time(times: &mut Elements<'_>) -> Result<[u16; 6], Malformed> {
    let wrong = Malformed("time of the certificate");
    let (tag, (_, text)) = times.any()?;
    let (year, rest) = match tag {
        UTC_TIME if text.len() == 13 => {
            let year = number(&text[..2]).ok_or(wrong)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &text[2..])
        }
        GENERALIZED_TIME if text.len() == 15 => (number(&text[..4]).ok_or(wrong)?, &text[4..]),
        _ => return Err(wrong),
    };
    if rest.last() != Some(&b'Z') {
        return Err(wrong);
    }
    let mut parts = [year, 0, 0, 0, 0, 0];
    for (part, digits) in parts[1..].iter_mut().zip(rest.chunks_exact(2)) {
        *part = number(digits).ok_or(wrong)?;
    }
    Ok(parts)
}

fn number(digits: &[u8]) -> Option<u16> {
    let is_plain = digits.iter().all(u8::is_ascii_digit);
    is_plain.then(|| digits.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{element, to_vec};
    use crate::x509::{self, COMMON_NAME, Tbs};
    use proptest::prelude::*;

    fn certificate(validity: [[u16; 6]; 2], product: Option<u128>) -> Vec<u8> {
        let algorithm = to_vec(SEQUENCE, |_| {});
        let name = x509::name(&[(COMMON_NAME, "a")]);
        let spki = to_vec(SEQUENCE, |_| {});
        let fields = Tbs { serial: &[1], algorithm: &algorithm, issuer: &name, validity, subject: &name, spki: &spki };
        let tbs = x509::tbs(&fields, |out| {
            x509::key_usage(out, x509::KeyUsage::DigitalSignature);
            if let Some(product) = product {
                x509::hardware_module_name(out, product, "unit-1");
            }
        });
        x509::signed(&tbs, &algorithm, &[0])
    }

    const NOW: [u16; 6] = [2026, 11, 22, 9, 30, 0];
    const NEVER: [u16; 6] = [9999, 12, 31, 23, 59, 59];

    #[test]
    fn a_certificate_without_the_name_has_no_product() {
        let der = certificate([NOW, NEVER], None);
        assert_eq!(product(&der), Ok(None));
        assert_eq!(validity(&der), Ok([NOW, NEVER]));
    }

    #[test]
    fn more_than_128_bits_are_refused() {
        let mut content = vec![105];
        content.extend([0x84]);
        content.extend([0x80; 17]);
        content.push(0);
        assert!(uuid_of_oid(&content).is_err());
        for wrong in [&[][..], &[104, 1], &[105], &[105, 0x80], &[105, 1, 1], &[105, 0x80, 1]] {
            assert!(uuid_of_oid(wrong).is_err(), "{wrong:?}");
        }
        let empty = to_vec(SEQUENCE, |out| element(out, SEQUENCE, |_| {}));
        assert!(product(&empty).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(uuid: u128, year in 1970u16..9999) {
            let at = [year, 2, 3, 4, 5, 6];
            let der = certificate([at, NEVER], Some(uuid));
            prop_assert_eq!(product(&der), Ok(Some(uuid)));
            prop_assert_eq!(validity(&der), Ok([at, NEVER]));
        }

        #[test]
        fn refusing_never_panics(cut in 0usize..400, flip in 0usize..400, with: u8) {
            let mut der = certificate([NOW, NEVER], Some(7));
            let at = flip % der.len();
            der[at] ^= with;
            let _ = (product(&der), validity(&der));
            der.truncate(cut);
            let _ = (product(&der), validity(&der));
        }
    }
}
