//! SHA-256, the short digests that the store keeps, and the three digests of a file that update clients ask for.

use aws_lc_rs::digest;
use md5::Digest as _;

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

/// SHA-256, SHA-1 and MD5 of a file, while it streams. Only SHA-256 is relied on; DDI clients ask for all three.
pub struct Digests {
    sha256: digest::Context,
    sha1: digest::Context,
    md5: md5::Md5,
}

impl Default for Digests {
    fn default() -> Self {
        Digests {
            sha256: digest::Context::new(&digest::SHA256),
            sha1: digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            md5: md5::Md5::new(),
        }
    }
}

impl Digests {
    /// Goes on.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha1.update(bytes);
        self.md5.update(bytes);
    }

    /// SHA-256, SHA-1, MD5.
    pub fn finish(self) -> ([u8; 32], [u8; 20], [u8; 16]) {
        let (mut sha256, mut sha1) = ([0; 32], [0; 20]);
        sha256.copy_from_slice(self.sha256.finish().as_ref());
        sha1.copy_from_slice(self.sha1.finish().as_ref());
        (sha256, sha1, self.md5.finalize().into())
    }
}

/// Reads or writes through, and keeps count and SHA-256 of what passed.
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
}

impl<W: std::io::Write> Measured<W> {
    /// Into a writer at its begin.
    pub fn into(to: W) -> Self {
        Measured { from: to, context: digest::Context::new(&digest::SHA256), count: 0 }
    }

    /// The writer, and SHA-256 in hex of what was written to it.
    pub fn written(self) -> (W, String) {
        (self.from, data_encoding::HEXLOWER.encode(self.context.finish().as_ref()))
    }
}

impl<W: std::io::Write> std::io::Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.from.write(bytes)?;
        self.context.update(&bytes[..count]);
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.from.flush()
    }
}

impl<R: std::io::Read> Measured<R> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digests_of_abc() {
        let mut digests = Digests::default();
        digests.update(b"a");
        digests.update(b"bc");
        let (sha256, sha1, md5) = digests.finish();
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        assert_eq!(hex(&sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(&sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(&md5), "900150983cd24fb0d6963f7d28e17f72");
    }
}
