//! DER: what is read is written again byte for byte, and the crate `der` reads the same.

use arbitrary::Unstructured;
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Decode, Tagged};
use tegata_wire::asn1;
use tegata_wire::read::{Elements, bit_string, one};

/// Nesting that is followed.
const DEPTH: u8 = 16;

/// Tags that we write.
const TAGS: [u8; 6] =
    [asn1::OCTET_STRING, asn1::SEQUENCE, asn1::SET, asn1::UTF8_STRING, asn1::context(0), asn1::implicit(6)];

/// Any bytes, as elements within elements.
pub fn elements(data: &[u8]) {
    walk(data, DEPTH);
    let _refused = bit_string(data);
    if let Some(tag) = data.first()
        && let Ok((whole, _)) = one(data, *tag)
    {
        assert_eq!(whole, data, "one element is all of the bytes");
    }
}

fn walk(content: &[u8], depth: u8) {
    let Ok(mut elements) = Elements::new(content) else { return };
    let mut rest = content;
    while elements.peek().is_some() {
        let Ok((tag, (whole, value))) = elements.any() else { return };
        assert_eq!(whole, &rest[..whole.len()], "elements follow one another");
        rest = &rest[whole.len()..];
        if tag & 0x1f != 0x1f {
            assert_eq!(asn1::to_vec(tag, |out| out.extend_from_slice(value)), whole, "DER has one way to write it");
        }
        let second = AnyRef::from_der(whole).expect("read by the crate der too");
        assert_eq!(second.value(), value);
        if second.tag().is_constructed() && depth > 0 {
            walk(value, depth - 1);
        }
    }
    assert!(rest.is_empty());
    elements.end().expect("nothing is left");
}

/// Numbers, bits and object identifiers, written and read back by the crate `der`.
pub fn written(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok((tag, uuid)) = input.arbitrary::<(u8, u128)>() else { return };
    let bytes = input.take_rest();
    let mut out = Vec::new();
    asn1::unsigned(&mut out, bytes);
    if !bytes.is_empty() {
        let read = UintRef::from_der(&out).expect("an INTEGER that is not negative");
        let start = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len() - 1);
        assert_eq!(read.as_bytes(), &bytes[start..]);
    }
    out.clear();
    asn1::bits(&mut out, bytes);
    assert_eq!(BitStringRef::from_der(&out).map(|read| read.raw_bytes()), Ok(bytes));
    out.clear();
    asn1::uuid_oid(&mut out, uuid);
    let (_, content) = one(&out, asn1::OID).expect("an element");
    assert!((2..=20).contains(&content.len()) && content[1] != 0x80, "shortest form");
    let tag = TAGS[usize::from(tag) % TAGS.len()];
    let whole = asn1::to_vec(tag, |out| out.extend_from_slice(bytes));
    assert_eq!(one(&whole, tag).map(|(_, content)| content), Ok(bytes));
}
