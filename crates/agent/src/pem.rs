//! PEM (RFC 7468): certificates, public keys and private keys in files.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

/// Blocks that one file may have.
const BLOCKS_MAX: usize = 64;

/// A file is no PEM, or not the one that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no PEM of a {0}")]
pub struct PemError(pub &'static str);

/// The label of a certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";
/// The label of a SubjectPublicKeyInfo.
pub const PUBLIC_KEY: &str = "PUBLIC KEY";
/// The label of a private key, PKCS#8.
pub const PRIVATE_KEY: &str = "PRIVATE KEY";

/// All blocks with this label, DER. Text around them is passed over.
pub fn blocks(text: &[u8], label: &'static str) -> Result<Vec<Zeroizing<Vec<u8>>>, PemError> {
    let text = std::str::from_utf8(text).map_err(|_| PemError(label))?;
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let (body, after) = after.split_once(&end).ok_or(PemError(label))?;
        let plain: Zeroizing<String> = Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        found.push(Zeroizing::new(BASE64_STANDARD.decode(plain.as_bytes()).map_err(|_| PemError(label))?));
        if found.len() > BLOCKS_MAX {
            return Err(PemError(label));
        }
        rest = after;
    }
    if found.is_empty() { Err(PemError(label)) } else { Ok(found) }
}

/// One block.
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(BASE64_STANDARD.encode(der));
    let mut out = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().copied().map(char::from));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let (a, b) = (vec![7; 100], vec![8; 48]);
        let text = ["words before\n", &encode(CERTIFICATE, &a), &encode(PRIVATE_KEY, &b), &encode(CERTIFICATE, &b)];
        let text = text.concat();
        let found = blocks(text.as_bytes(), CERTIFICATE).unwrap();
        assert_eq!(found.iter().map(|der| der.to_vec()).collect::<Vec<_>>(), [a, b.clone()]);
        assert_eq!(*blocks(text.as_bytes(), PRIVATE_KEY).unwrap()[0], b);
        assert!(text.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in [&b""[..], b"-----BEGIN CERTIFICATE-----\nAA", b"\xff", encode("A", &[1]).as_bytes()] {
            assert_eq!(blocks(wrong, CERTIFICATE), Err(PemError(CERTIFICATE)));
        }
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assert!(blocks(broken, CERTIFICATE).is_err());
    }
}
