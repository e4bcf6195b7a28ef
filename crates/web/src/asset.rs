//! Files that pages load: one stylesheet, and one script for the console; embedded in the program and named by their
//! content.

use std::sync::LazyLock;

/// Tokens first, since every part draws on them.
const BODY: &str = concat!(include_str!("../assets/tokens.css"), "\n", include_str!("../assets/base.css"));

static PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/tegata-{:016x}.css", fingerprint(BODY.as_bytes())));

/// The stylesheet of all pages: its path, which changes with its content, and its body (`text/css; charset=utf-8`).
/// It may be cached for ever.
pub fn stylesheet() -> (&'static str, &'static str) {
    (&PATH, BODY)
}

const SCRIPT: &str = include_str!("../assets/tegata.js");

static SCRIPT_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/tegata-{:016x}.js", fingerprint(SCRIPT.as_bytes())));

/// The script of the console: its path, which changes with its content, and its body (`text/javascript`). Each page works
/// without it.
pub fn script() -> (&'static str, &'static str) {
    (&SCRIPT_PATH, SCRIPT)
}

/// FNV-1a of 64 bits: the name only has to change when the content does, so nothing stronger is needed.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_for_one_content() {
        assert_eq!(fingerprint(b"a"), 0xaf63_dc4c_8601_ec8c, "FNV-1a test vector");
        let (path, body) = stylesheet();
        assert!(path.starts_with("/assets/tegata-") && path.ends_with(".css"), "{path}");
        assert_eq!(path, stylesheet().0);
        assert_eq!(body.matches('{').count(), body.matches('}').count());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        assert!(!BODY.contains("url(") && !BODY.contains("@import"));
    }
}
