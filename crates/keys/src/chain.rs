//! Chains of certificates, as whoever reads back an identity checks them: names and signatures from the leaf upwards.
//!
//! No dates and no status: at the line both are of this moment, and a program in the field asks the platform.

use tegata_wire::read::Malformed;
use tegata_wire::x509;

/// Why a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A certificate cannot be read.
    #[error("certificate {0} of the chain cannot be read: {1}")]
    Malformed(usize, Malformed),
    /// The next one did not issue it.
    #[error("certificate {0} of the chain was not issued by the one after it")]
    Issuer(usize),
    /// There is nothing above the leaf.
    #[error("the chain is empty")]
    Empty,
}

/// Whether `signature` over `message` was made with the key of a SubjectPublicKeyInfo.
pub fn signed_by(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    crate::statement::verify(spki, message, signature).is_ok()
}

/// Checks that each certificate (DER, leaf first) was issued by the next, the last of `chain` by `root` where one is
/// given.
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
