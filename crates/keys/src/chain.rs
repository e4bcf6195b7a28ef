//! Chains of certificates, as whoever reads back an identity checks them: names and signatures from the leaf upwards,
//! and that whoever issued one is an authority.
//!
//! No dates and no status: at the line both are of this moment, and a program in the field asks the platform.

use tegata_wire::asn1::{BIT_STRING, BOOLEAN, OCTET_STRING, OID, SEQUENCE, context};
use tegata_wire::read::{Elements, Malformed, one};
use tegata_wire::x509;

/// Content of the OBJECT IDENTIFIER of keyUsage.
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x0f];
/// Content of the OBJECT IDENTIFIER of basicConstraints.
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];
/// keyCertSign, in the first byte of keyUsage.
const KEY_CERT_SIGN: u8 = 0x04;

/// Why a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A certificate cannot be read.
    #[error("certificate {0} of the chain cannot be read: {1}")]
    Malformed(usize, Malformed),
    /// The next one did not issue it.
    #[error("certificate {0} of the chain was not issued by the one after it")]
    Issuer(usize),
    /// It stands above another, and may not.
    #[error("certificate {0} of the chain is no authority's, but another one was issued by it")]
    Authority(usize),
    /// There is nothing above the leaf.
    #[error("the chain is empty")]
    Empty,
}

/// Whether `signature` over `message` was made with the key of a SubjectPublicKeyInfo.
pub fn signed_by(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    crate::statement::verify(spki, message, signature).is_ok()
}

/// Whether a certificate is one of an authority: basicConstraints says so, and keyUsage, where it is there, permits to
/// sign certificates.
fn is_authority(der: &[u8]) -> Result<bool, Malformed> {
    let (_, content) = Elements::new(one(der, SEQUENCE)?.1)?.next(SEQUENCE)?;
    let (mut fields, mut list) = (Elements::new(content)?, None);
    while fields.peek().is_some() {
        let (tag, (_, value)) = fields.any()?;
        if tag == context(3) {
            list = Some(value);
        }
    }
    let Some(list) = list else { return Ok(false) };
    let (mut extensions, mut constrained, mut signs) = (Elements::new(one(list, SEQUENCE)?.1)?, false, true);
    while extensions.peek().is_some() {
        let mut extension = Elements::new(extensions.next(SEQUENCE)?.1)?;
        let (_, id) = extension.next(OID)?;
        extension.optional(BOOLEAN)?;
        let (_, value) = extension.next(OCTET_STRING)?;
        if id == BASIC_CONSTRAINTS {
            let says = Elements::new(one(value, SEQUENCE)?.1)?.optional(BOOLEAN)?;
            constrained = says.is_some_and(|(_, content)| content == [0xff]);
        } else if id == KEY_USAGE {
            // the first byte tells how many bits of the last one do not count
            signs = one(value, BIT_STRING)?.1.get(1).is_some_and(|bits| bits & KEY_CERT_SIGN != 0);
        }
    }
    Ok(constrained && signs)
}

/// Checks that each certificate (DER, leaf first) was issued by the next, the last of `chain` by `root` where one is
/// given, and that all above the leaf are authorities: else whoever has a device's key could issue in its name.
pub fn verify(leaf: &[u8], chain: &[Vec<u8>], root: Option<&[u8]>) -> Result<(), ChainError> {
    let all: Vec<&[u8]> = [leaf].into_iter().chain(chain.iter().map(Vec::as_slice)).chain(root).collect();
    if all.len() < 2 {
        return Err(ChainError::Empty);
    }
    let read =
        |(place, der): (usize, &&'_ [u8])| x509::parse(der).map(|_| ()).map_err(|e| ChainError::Malformed(place, e));
    all.iter().enumerate().try_for_each(read)?;
    for (place, pair) in all.windows(2).enumerate() {
        let malformed = |e| ChainError::Malformed(place, e);
        let (below, above) = (x509::parse(pair[0]).map_err(malformed)?, x509::parse(pair[1]).map_err(malformed)?);
        let issued = below.issuer == above.subject && signed_by(above.spki, below.tbs, below.signature);
        // a chain may hold the root itself
        if !issued && pair[0] != pair[1] {
            return Err(ChainError::Issuer(place));
        }
        if !is_authority(pair[1]).map_err(|e| ChainError::Malformed(place + 1, e))? {
            return Err(ChainError::Authority(place + 1));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Addresses, Issuer, Ldevid, authority_name, root};
    use crate::signer::Signer;
    use tegata_domain::id::Uuid;
    use tegata_domain::number::Serial;
    use tegata_domain::time::Timestamp;

    fn key() -> Signer {
        Signer::generate_p256().unwrap().0
    }

    /// Root, authority and leaf.
    fn chain() -> [Vec<u8>; 3] {
        let (now, at) = (Timestamp::from_millis(0), Addresses { plain: "http://pki.test".into() });
        let (top, middle, device) = (key(), key(), key());
        let name = authority_name("Works", "Root");
        let top_der = root(&top, [1; 16], &name, [now, Timestamp::NEVER], Some(1)).unwrap();
        let issuer = Issuer::new(top, &top_der, Uuid::nil(), 1, &at).unwrap();
        let middle_der = issuer.authority([2; 16], &authority_name("Works", "IDevID"), middle.spki(), now).unwrap();
        let issuer = Issuer::new(middle, &middle_der, Uuid::nil(), 1, &at).unwrap();
        let serial = Serial([0x21; 19]);
        let says = Ldevid { serial, subject: Uuid::nil(), spki: device.spki(), now, until: Timestamp::NEVER };
        [top_der, middle_der, issuer.ldevid(&says).unwrap()]
    }

    #[test]
    fn a_leaf_issues_nothing() {
        let (now, at) = (Timestamp::from_millis(0), Addresses { plain: "http://pki.test".into() });
        let (top, device) = (key(), key());
        let name = authority_name("Works", "Root");
        let top_der = root(&top, [1; 16], &name, [now, Timestamp::NEVER], None).unwrap();
        let issuer = Issuer::new(top, &top_der, Uuid::nil(), 1, &at).unwrap();
        let by = |issuer: &Issuer, spki: &[u8]| {
            let serial = Serial([0x21; 19]);
            issuer.ldevid(&Ldevid { serial, subject: Uuid::nil(), spki, now, until: Timestamp::NEVER }).unwrap()
        };
        let leaf = by(&issuer, device.spki());
        let posing = Issuer::new(device, &leaf, Uuid::nil(), 1, &at).unwrap();
        let forged = by(&posing, key().spki());
        assert_eq!(verify(&leaf, &[], Some(&top_der)), Ok(()));
        assert_eq!(verify(&forged, std::slice::from_ref(&leaf), Some(&top_der)), Err(ChainError::Authority(1)));
        assert_eq!(verify(&forged, &[], Some(&leaf)), Err(ChainError::Authority(1)), "nor as the root");
        assert_eq!(verify(&leaf, &[leaf.clone(), top_der.clone()], None), Err(ChainError::Authority(1)), "twice");
    }

    #[test]
    fn a_chain_holds_link_by_link() {
        let [top, middle, leaf] = chain();
        let above = [middle.clone()];
        assert_eq!(verify(&leaf, &above, Some(&top)), Ok(()));
        assert_eq!(verify(&leaf, &above, None), Ok(()), "as far as it was given");
        assert_eq!(verify(&leaf, &[middle.clone(), top.clone()], Some(&top)), Ok(()), "with its root in it");
        assert_eq!(verify(&leaf, &[], Some(&top)), Err(ChainError::Issuer(0)), "a link is missing");
        assert_eq!(verify(&leaf, &[], None), Err(ChainError::Empty));
        let [other, ..] = chain();
        assert_eq!(verify(&leaf, &above, Some(&other)), Err(ChainError::Issuer(1)), "another root of the same name");
        let mut changed = leaf.clone();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert!(verify(&changed, &above, Some(&top)).is_err());
        assert!(matches!(verify(&leaf[..40], &above, None), Err(ChainError::Malformed(0, _))));
    }
}
