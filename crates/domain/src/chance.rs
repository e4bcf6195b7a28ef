//! Randomness as an argument, so that a whole server can be replayed from one seed.

/// A source of random bytes.
pub trait Chance: Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(chance: &dyn Chance) -> [u8; N] {
    let mut out = [0; N];
    chance.fill(&mut out);
    out
}

/// A UUIDv7 (RFC 9562 §5.7) of the given moment.
pub fn uuid7(now: crate::time::Timestamp, chance: &dyn Chance) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(now.millis() as u64, &bytes::<10>(chance)).into_uuid()
}
