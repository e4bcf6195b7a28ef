//! CMS (RFC 5652), as far as enrolment needs it: SignedData that carries certificates only (RFC 7030 §4.1.3).

use crate::asn1::*;
use der::asn1::ObjectIdentifier as Oid;

const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");

/// A degenerate SignedData with these certificates, in this order.
pub fn certs_only(certificates: &[&[u8]]) -> Vec<u8> {
    to_vec(SEQUENCE, |out| {
        oid(out, SIGNED_DATA);
        element(out, context(0), |out| {
            element(out, SEQUENCE, |out| {
                unsigned(out, &[1]);
                element(out, SET, |_| {});
                element(out, SEQUENCE, |out| oid(out, DATA));
                element(out, context(0), |out| certificates.iter().for_each(|c| out.extend_from_slice(c)));
                element(out, SET, |_| {});
            });
        });
    })
}

/// The certificates of a degenerate SignedData, for clients.
pub fn certificates(der: &[u8]) -> Result<Vec<&[u8]>, crate::read::Malformed> {
    use crate::read::{Elements, Malformed, one};
    let mut outer = Elements::new(one(der, SEQUENCE)?.1)?;
    if outer.next(OID)?.1 != SIGNED_DATA.as_bytes() {
        return Err(Malformed("not SignedData"));
    }
    let (_, explicit) = outer.next(context(0))?;
    let mut fields = Elements::new(one(explicit, SEQUENCE)?.1)?;
    fields.next(INTEGER)?;
    fields.next(SET)?;
    fields.next(SEQUENCE)?;
    let mut list = Elements::new(fields.next(context(0))?.1)?;
    let mut found = Vec::new();
    while list.peek().is_some() {
        found.push(list.next(SEQUENCE)?.0);
    }
    Ok(found)
}
