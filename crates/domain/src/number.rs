//! Management numbers (管理番号) and certificate serials: a row number, permuted.
//!
//! FF1 of NIST SP 800-38G with AES-256 and radix 32 over 40 bits of row number ‖ 40 zero bits. A number resolves
//! without an index, cannot be guessed (one in 2^40) and tells nothing of the volume.
//! Radix 32 and 16 characters make every FF1 half 40 bits wide, so that the arithmetic is that of `u64`; the tests
//! hold it against the crate `fpe`.

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use std::fmt;

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HALF: u64 = (1 << 40) - 1;
/// Value of each byte as a digit; more than 31 where it is none.
const DIGITS: [u8; 256] = {
    let (mut digits, mut i) = ([255; 256], 0);
    while i < 32 {
        digits[ALPHABET[i] as usize] = i as u8;
        digits[ALPHABET[i].to_ascii_lowercase() as usize] = i as u8;
        i += 1;
    }
    let read_as_others = [(b'I', 1), (b'i', 1), (b'L', 1), (b'l', 1), (b'O', 0), (b'o', 0)];
    i = 0;
    while i < 6 {
        digits[read_as_others[i].0 as usize] = read_as_others[i].1;
        i += 1;
    }
    digits
};

/// A management number: 80 bits, printed as `7K3M-Q9TX-2HVD-R5WE`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number(u128);

/// Why a text is no management number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a management number has 16 letters and digits, as 7K3M-Q9TX-2HVD-R5WE")]
pub struct MalformedNumber;

impl Number {
    /// The text of 80 bits: other codes are written like numbers.
    pub(crate) fn of_bits(bits: [u8; 10]) -> Self {
        Number(bits.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
    }

    /// Reads a number; case and hyphens are ignored, I and L read as 1, O as 0.
    pub fn parse(text: &str) -> Result<Self, MalformedNumber> {
        if text.len() > 40 {
            return Err(MalformedNumber);
        }
        let (mut value, mut count) = (0u128, 0);
        for byte in text.bytes().filter(|b| !matches!(b, b'-' | b' ')) {
            let digit = DIGITS[usize::from(byte)];
            if digit > 31 {
                return Err(MalformedNumber);
            }
            value = value << 5 | u128::from(digit);
            count += 1;
            if count > 16 {
                return Err(MalformedNumber);
            }
        }
        if count == 16 { Ok(Number(value)) } else { Err(MalformedNumber) }
    }

    /// Its last 64 bits. Numbers are spread evenly over them, so they need no hashing.
    pub fn spread(&self) -> u64 {
        self.0 as u64
    }

    /// The number with all but its first group hidden, for logs.
    pub fn masked(&self) -> String {
        format!("{}-****-****-****", &self.to_string()[..4])
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 19];
        for i in 0..16 {
            text[i + i / 4] = ALPHABET[(self.0 >> (75 - 5 * i)) as usize & 31];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// One FF1 key, ready for use.
struct Permutation {
    cipher: aes::Aes256,
    /// AES of the constant block P of FF1 (SP 800-38G, algorithm 7, step 5).
    first: [u8; 16],
}

impl Permutation {
    fn new(key: &[u8; 32]) -> Self {
        let cipher = aes::Aes256::new(key.into());
        let mut first = [1, 2, 1, 0, 0, 32, 10, 8, 0, 0, 0, 16, 0, 0, 0, 0].into();
        cipher.encrypt_block(&mut first);
        Permutation { cipher, first: first.into() }
    }

    /// The round function: NUM(S) mod 2^40 for round `i` over `half`.
    fn round(&self, i: u8, half: u64) -> u64 {
        let mut block = self.first;
        block[10] ^= i;
        for (at, byte) in half.to_be_bytes()[3..].iter().enumerate() {
            block[11 + at] ^= byte;
        }
        let mut block = block.into();
        self.cipher.encrypt_block(&mut block);
        block[7..12].iter().fold(0, |sum, b| sum << 8 | u64::from(*b))
    }

    fn encrypt(&self, plain: u128) -> u128 {
        let (mut a, mut b) = ((plain >> 40) as u64 & HALF, plain as u64 & HALF);
        for i in 0..10 {
            (a, b) = (b, (a + self.round(i, b)) & HALF);
        }
        u128::from(a) << 40 | u128::from(b)
    }

    fn decrypt(&self, secret: u128) -> u128 {
        let (mut a, mut b) = ((secret >> 40) as u64 & HALF, secret as u64 & HALF);
        for i in (0..10).rev() {
            (a, b) = (b.wrapping_sub(self.round(i, a)) & HALF, a);
        }
        u128::from(a) << 40 | u128::from(b)
    }

    fn hide(&self, row: i64) -> u128 {
        self.encrypt(u128::from(row as u64 & HALF) << 40)
    }

    fn reveal(&self, secret: u128) -> Option<i64> {
        let plain = self.decrypt(secret);
        (plain as u64 & HALF == 0).then_some((plain >> 40) as i64)
    }
}

/// The versions of one permutation key, each in force from a row on.
pub struct Permutations {
    /// Newest first: first row, version, key.
    versions: Vec<(i64, u8, Permutation)>,
}

/// What a key version is made from.
#[derive(Debug, Clone)]
pub struct KeyVersion {
    /// Version, 1–15.
    pub version: u8,
    /// The first row that it hides.
    pub from_row: i64,
    /// AES-256 key.
    pub key: [u8; 32],
}

impl Permutations {
    /// From all versions, in any order.
    pub fn new(versions: &[KeyVersion]) -> Self {
        let mut versions: Vec<_> = versions.iter().map(|v| (v.from_row, v.version, Permutation::new(&v.key))).collect();
        versions.sort_by_key(|v| std::cmp::Reverse(v.0));
        Permutations { versions }
    }

    fn of_row(&self, row: i64) -> Option<&(i64, u8, Permutation)> {
        self.versions.iter().find(|v| v.0 <= row)
    }

    /// The management number of a row.
    pub fn number(&self, row: i64) -> Option<Number> {
        Some(Number(self.of_row(row)?.2.hide(row)))
    }

    /// The row of a management number; `None` for a number that was never given.
    pub fn row(&self, number: Number) -> Option<i64> {
        self.versions
            .iter()
            .find_map(|v| v.2.reveal(number.0).filter(|row| self.of_row(*row).is_some_and(|w| w.1 == v.1)))
    }

    /// The certificate serial of a row: a version byte, ten permuted bytes, eight random bytes whose low bits name
    /// the CRL shard. Nineteen bytes, positive (RFC 5280 §4.1.2.2).
    pub fn serial(&self, row: i64, random: [u8; 8]) -> Option<Serial> {
        let (_, version, permutation) = self.of_row(row)?;
        let mut out = [0; 19];
        out[0] = 0x40 | version;
        out[1..11].copy_from_slice(&permutation.hide(row).to_be_bytes()[6..]);
        out[11..].copy_from_slice(&random);
        Some(Serial(out))
    }

    /// The row behind a certificate serial of ours.
    pub fn serial_row(&self, serial: Serial) -> Option<i64> {
        let version = self.versions.iter().find(|v| 0x40 | v.1 == serial.0[0])?;
        let mut wide = [0; 16];
        wide[6..].copy_from_slice(&serial.0[1..11]);
        version.2.reveal(u128::from_be_bytes(wide))
    }
}

/// A certificate serial number of ours, as the content bytes of the INTEGER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Serial(pub [u8; 19]);

impl Serial {
    /// From the content bytes of a certificate's serialNumber; `None` when no serial of ours looks so.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Serial)
    }

    /// From lower- or upper-case hex, colons ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| *c != ':').collect();
        Self::from_bytes(&data_encoding::HEXUPPER_PERMISSIVE.decode(plain.as_bytes()).ok()?)
    }

    /// The eight random bytes.
    pub fn random(&self) -> [u8; 8] {
        let mut out = [0; 8];
        out.copy_from_slice(&self.0[11..]);
        out
    }

    /// The CRL shard out of `shards` (a power of two).
    pub fn shard(&self, shards: u16) -> u16 {
        u16::from_be_bytes([self.0[17], self.0[18]]) & (shards - 1)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXUPPER.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fpe::ff1::{FF1, FlexibleNumeralString};

    fn keys() -> Permutations {
        Permutations::new(&[
            KeyVersion { version: 1, from_row: 0, key: [7; 32] },
            KeyVersion { version: 2, from_row: 1000, key: [9; 32] },
        ])
    }

    #[test]
    fn agrees_with_the_crate_fpe() {
        let foreign = FF1::<aes::Aes256>::new(&[7; 32], 32).unwrap();
        for row in [0i64, 1, 2, 999, 123_456_789, crate::id::ROW_MAX] {
            let plain = u128::from(row as u64) << 40;
            let digits: Vec<u16> = (0..16).map(|i| (plain >> (75 - 5 * i)) as u16 & 31).collect();
            let theirs = foreign.encrypt(&[], &FlexibleNumeralString::from(digits)).unwrap();
            let theirs: u128 = Vec::<u16>::from(theirs).iter().fold(0, |sum, d| sum << 5 | u128::from(*d));
            assert_eq!(Permutation::new(&[7; 32]).hide(row), theirs, "row {row}");
        }
    }

    #[test]
    fn number_and_back_over_key_versions() {
        let keys = keys();
        for row in [1, 999, 1000, 5_000_000, crate::id::ROW_MAX] {
            let number = keys.number(row).unwrap();
            assert_eq!(keys.row(number), Some(row));
            assert_eq!(Number::parse(&number.to_string().to_lowercase().replace('-', "")), Ok(number));
            let serial = keys.serial(row, [1, 2, 3, 4, 5, 6, 7, 0xfe]).unwrap();
            assert_eq!((keys.serial_row(serial), serial.shard(16)), (Some(row), 14));
            assert_eq!(Serial::parse(&serial.to_string()), Some(serial));
        }
    }

    #[test]
    fn a_guess_resolves_to_nothing() {
        let keys = keys();
        let mut guess = keys.number(5).unwrap();
        guess.0 ^= 1;
        assert_eq!(keys.row(guess), None);
    }

    #[test]
    fn malformed_numbers() {
        for wrong in ["", "7K3M", "7K3M-Q9TX-2HVD-R5WU", "7K3M-Q9TX-2HVD-R5WE-0", "手形", &"0".repeat(60)] {
            assert_eq!(Number::parse(wrong), Err(MalformedNumber), "{wrong}");
        }
        assert_eq!(Number::parse("OIL0-0000-0000-0000"), Number::parse("0110-0000-0000-0000"));
    }
}
