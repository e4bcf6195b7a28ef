//! SHA-256, and the short digests that the store keeps.

use aws_lc_rs::digest;

/// Whether two values are the same, in a time that does not tell where they differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&sha256(bytes))
}

/// The first 16 bytes of SHA-256 over a SubjectPublicKeyInfo: what makes a key known again.
pub fn key_digest(spki: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&sha256(spki)[..16]);
    out
}

/// Key identifier of RFC 7093 §2 method 1: the leftmost 160 bits of SHA-256 over the key bits.
pub fn key_id(spki: &[u8]) -> Result<[u8; 20], tegata_wire::read::Malformed> {
    let mut out = [0; 20];
    out.copy_from_slice(&sha256(tegata_wire::x509::key_bits(spki)?)[..20]);
    Ok(out)
}

/// Reads through, and keeps count and SHA-256 of what was read.
pub struct Measured<R> {
    from: R,
    context: digest::Context,
    count: u64,
}

impl<R: std::io::Read> Measured<R> {
    /// From a reader at its begin.
    pub fn new(from: R) -> Self {
        Measured { from, context: digest::Context::new(&digest::SHA256), count: 0 }
    }

    /// Bytes and SHA-256 in hex.
    pub fn finish(self) -> (u64, String) {
        (self.count, data_encoding::HEXLOWER.encode(self.context.finish().as_ref()))
    }
}

impl<R: std::io::Read> std::io::Read for Measured<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.from.read(out)?;
        self.context.update(&out[..count]);
        self.count += count as u64;
        Ok(count)
    }
}
