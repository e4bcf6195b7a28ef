//! DER (X.690): a small writer for what this platform issues; reading goes through the crate `der`.
//!
//! Why not derive structs for writing: certificates are issued from prepared pieces, and every byte must be known.

use der::asn1::ObjectIdentifier;

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub const OID: u8 = 0x06;
/// UTF8String.
pub const UTF8_STRING: u8 = 0x0c;
/// PrintableString.
pub const PRINTABLE_STRING: u8 = 0x13;
/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// SET.
pub const SET: u8 = 0x31;

/// Context tag, constructed.
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// Context tag, primitive.
pub const fn implicit(n: u8) -> u8 {
    0x80 | n
}

/// Appends one element whose content `fill` writes.
pub fn element(out: &mut Vec<u8>, tag: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    out.extend([tag, 0]);
    let start = out.len();
    fill(out);
    let length = out.len() - start;
    if length < 0x80 {
        out[start - 1] = length as u8;
        return;
    }
    let bytes = length.to_be_bytes();
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    out[start - 1] = 0x80 | (bytes.len() - skip) as u8;
    out.splice(start..start, bytes[skip..].iter().copied());
}

/// Appends one element with ready content.
pub fn primitive(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    element(out, tag, |out| out.extend_from_slice(content));
}

/// One element as bytes of its own.
pub fn to_vec(tag: u8, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    element(&mut out, tag, fill);
    out
}

/// Appends an OBJECT IDENTIFIER.
pub fn oid(out: &mut Vec<u8>, oid: ObjectIdentifier) {
    primitive(out, OID, oid.as_bytes());
}

/// Appends a non-negative INTEGER.
pub fn unsigned(out: &mut Vec<u8>, big_endian: &[u8]) {
    let start = big_endian.iter().take_while(|b| **b == 0).count().min(big_endian.len().saturating_sub(1));
    let digits = &big_endian[start..];
    element(out, INTEGER, |out| {
        if digits.first().is_none_or(|b| b & 0x80 != 0) {
            out.push(0);
        }
        out.extend_from_slice(digits);
    });
}

/// Appends a BIT STRING of whole bytes.
pub fn bits(out: &mut Vec<u8>, content: &[u8]) {
    element(out, BIT_STRING, |out| {
        out.push(0);
        out.extend_from_slice(content);
    });
}

/// Appends a Time (RFC 5280 §4.1.2.5): UTCTime through 2049, GeneralizedTime from 2050 on.
/// `parts`: year, month, day, hour, minute, second in UTC.
pub fn time(out: &mut Vec<u8>, parts: [u16; 6]) {
    let [year, month, day, hour, minute, second] = parts;
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if year < 2050 {
        primitive(out, 0x17, format!("{:02}{rest}", year % 100).as_bytes());
    } else {
        primitive(out, 0x18, format!("{year:04}{rest}").as_bytes());
    }
}

/// Appends the content of an OID `2.25.<uuid>` (ITU-T X.667 §7).
pub fn uuid_oid(out: &mut Vec<u8>, uuid: u128) {
    element(out, OID, |out| {
        out.push(2 * 40 + 25);
        let digits = (128 - uuid.leading_zeros()).div_ceil(7).max(1);
        for i in (0..digits).rev() {
            let more = if i == 0 { 0 } else { 0x80 };
            out.push((uuid >> (7 * i)) as u8 & 0x7f | more);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for length in [0usize, 1, 127, 128, 255, 256, 65535, 65536] {
            let der = to_vec(OCTET_STRING, |out| out.resize(out.len() + length, 7));
            let (_, content) = crate::read::one(&der, OCTET_STRING).unwrap();
            assert_eq!(content.len(), length);
        }
    }

    #[test]
    fn oids_of_uuids() {
        let mut out = Vec::new();
        uuid_oid(&mut out, 0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6);
        let oid = ObjectIdentifier::from_bytes(&out[2..]);
        // the crate's arcs are 32 bits wide; the length is what X.667 gives for this UUID
        assert!(oid.is_err() || out.len() == 22);
        assert_eq!((out[1], out[2]), (20, 0x69));
    }
}
