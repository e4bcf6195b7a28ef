//! The real randomness.

use tegata_domain::chance::Chance;

/// Randomness of the cryptographic library.
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "the one place of this program where randomness comes from")]
    fn fill(&self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).expect("aws-lc aborts rather than run out of randomness");
    }
}
