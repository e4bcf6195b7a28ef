//! Release manifests: one way to write each.

use tegata_wire::release::{MANIFEST_MAX, Manifest};

/// A manifest.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(manifest) = Manifest::parse(text) {
        assert!(text.len() <= MANIFEST_MAX);
        assert_eq!(manifest.text(), text);
    }
}
