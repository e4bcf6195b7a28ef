//! Release manifests: the text that a maker signs and a device checks.
//!
//! ```text
//! tegata-release/v1
//! product {UUID}
//! version {text}
//! security_version {number}
//! remedy {0|1}
//! size {bytes}
//! sha256 {hex}
//! ```
//! Lines end in LF, the last one too; there is one way to write a manifest, and nothing else is parsed.

/// The first line.
const HEADER: &str = "tegata-release/v1";
/// The longest manifest.
pub const MANIFEST_MAX: usize = 512;

/// The text is no release manifest, or not in the one way that there is to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no release manifest: tegata-release/v1 with product, version, security_version, remedy, size, sha256")]
pub struct NoManifest;

/// What is signed of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Outward id of the product: a UUID in lower case.
    pub product: String,
    /// The version: visible ASCII without spaces.
    pub version: String,
    /// The security version.
    pub security_version: u32,
    /// Whether held devices may have it.
    pub remedy: bool,
    /// Length of the file in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

impl Manifest {
    /// The text to sign.
    pub fn text(&self) -> String {
        let Manifest { product, version, security_version, remedy, size, sha256 } = self;
        let (remedy, sha256) = (u8::from(*remedy), data_encoding::HEXLOWER.encode(sha256));
        format!(
            "{HEADER}\nproduct {product}\nversion {version}\nsecurity_version {security_version}\nremedy {remedy}\n\
             size {size}\nsha256 {sha256}\n"
        )
    }

    /// Parses a manifest, strictly.
    pub fn parse(text: &str) -> Result<Self, NoManifest> {
        let manifest = Self::read(text).ok_or(NoManifest)?;
        let version = &manifest.version;
        let plain = (1..=64).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_graphic());
        // one way to write it: what was read is written again
        let same = plain && uuid_form(&manifest.product) && manifest.text() == text;
        if same { Ok(manifest) } else { Err(NoManifest) }
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = Some(text).filter(|text| text.len() <= MANIFEST_MAX)?.split('\n');
        if lines.next() != Some(HEADER) {
            return None;
        }
        let mut next = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        Some(Manifest {
            product: next("product")?.to_owned(),
            version: next("version")?.to_owned(),
            security_version: next("security_version")?.parse().ok()?,
            remedy: next("remedy")? == "1",
            size: next("size")?.parse().ok()?,
            sha256: data_encoding::HEXLOWER.decode(next("sha256")?.as_bytes()).ok()?.try_into().ok()?,
        })
    }
}

fn uuid_form(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    let fits = |(i, b): (usize, u8)| match dashes.contains(&i) {
        true => b == b'-',
        false => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn manifest() -> Manifest {
        Manifest {
            product: "0d28e8a9-f8e1-8d79-bfcc-abc74998857a".into(),
            version: "1.4.0".into(),
            security_version: 3,
            remedy: false,
            size: 12,
            sha256: [0xab; 32],
        }
    }

    #[test]
    fn the_text_is_exact() {
        let expected = format!(
            "tegata-release/v1\nproduct 0d28e8a9-f8e1-8d79-bfcc-abc74998857a\nversion 1.4.0\nsecurity_version 3\nremedy 0\n\
             size 12\nsha256 {}\n",
            "ab".repeat(32)
        );
        assert_eq!(manifest().text(), expected);
        assert_eq!(Manifest::parse(&expected), Ok(manifest()));
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        let text = manifest().text();
        for (from, to) in [
            ("v1\n", "v2\n"),
            ("v1\n", "v1 \n"),
            ("remedy 0", "remedy 2"),
            ("size 12", "size 012"),
            ("size 12", "size +12"),
            ("1.4.0", "1 4"),
            ("1.4.0", ""),
            ("abab", "ABAB"),
            ("0d28", "0D28"),
            ("\n", "\r\n"),
        ] {
            assert!(Manifest::parse(&text.replacen(from, to, 1)).is_err(), "{from} → {to}");
        }
        assert!(Manifest::parse(text.trim_end()).is_err());
        assert!(Manifest::parse(&(text.clone() + "more\n")).is_err());
        assert!(Manifest::parse("").is_err());
    }

    proptest! {
        #[test]
        fn text_and_back(version in "[!-~]{1,64}", security_version: u32, remedy: bool, size: u64, sha256: [u8; 32]) {
            let manifest = Manifest { version, security_version, remedy, size, sha256, ..manifest() };
            prop_assert_eq!(Manifest::parse(&manifest.text()), Ok(manifest));
        }

        #[test]
        fn refusing_never_panics(text in "\\PC*") {
            let _any = Manifest::parse(&text);
        }
    }
}
