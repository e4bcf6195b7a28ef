//! Secrets that are shown once: API tokens and first passwords.

use tegata_domain::chance::{self, Chance};

/// Begin of every API token, so that scanners for leaked secrets know it.
pub const TOKEN_PREFIX: &str = "tegata_";

/// A new API token: 256 random bits.
pub fn token(chance: &dyn Chance) -> String {
    format!("{TOKEN_PREFIX}{}", data_encoding::BASE64URL_NOPAD.encode(&chance::bytes::<32>(chance)))
}

/// What the store keeps of a token. `None` for a text that is no token of ours.
pub fn token_hash(token: &str) -> Option<[u8; 32]> {
    let body = token.strip_prefix(TOKEN_PREFIX)?;
    let known = body.len() == 43 && data_encoding::BASE64URL_NOPAD.decode(body.as_bytes()).is_ok();
    known.then(|| crate::digest::sha256(token.as_bytes()))
}

/// Begin of every token of a device, so that neither passes for the other.
pub const TARGET_TOKEN_PREFIX: &str = "tegata_device_";

/// A new token of a device for DDI: 256 random bits.
pub fn target_token(chance: &dyn Chance) -> String {
    format!("{TARGET_TOKEN_PREFIX}{}", data_encoding::BASE64URL_NOPAD.encode(&chance::bytes::<32>(chance)))
}

/// Begin of what a browser or a link holds for a person.
const LOGIN_PREFIX: &str = "tl_";

/// A new secret of a login or an invitation: 256 random bits.
pub fn login(chance: &dyn Chance) -> String {
    format!("{LOGIN_PREFIX}{}", data_encoding::BASE64URL_NOPAD.encode(&chance::bytes::<32>(chance)))
}

/// What the store keeps of it. `None` for a text that is none of ours.
pub fn login_hash(secret: &str) -> Option<[u8; 32]> {
    let body = secret.strip_prefix(LOGIN_PREFIX)?;
    let known = body.len() == 43 && data_encoding::BASE64URL_NOPAD.decode(body.as_bytes()).is_ok();
    known.then(|| crate::digest::sha256(secret.as_bytes()))
}

/// Whether two secrets, or their hashes, are the same, in a time that tells nothing of where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// A first password: 100 random bits in groups that can be read out.
pub fn password(chance: &dyn Chance) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let random = chance::bytes::<20>(chance);
    let letters: Vec<char> = random.iter().map(|b| LETTERS[usize::from(b % 31)].into()).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
