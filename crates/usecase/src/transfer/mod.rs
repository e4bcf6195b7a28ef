//! Devices change hands: offered under a code, taken back, claimed.

mod cancel;
mod claim;
mod offer;
mod open_household;
mod read;
mod tries;

pub use cancel::cancel;
pub use claim::{Claimed, claim};
pub use offer::{Offered, Offering, offer};
pub use open_household::{Claimants, Opening, open_household};
pub use read::standing;
pub use tries::Tries;

use tegata_domain::transfer::{Code, TransferError};

/// How often an act is decided again when another request came between.
const TRIES: usize = 16;

/// What the store keeps of a code: 80 random bits need no slow hash.
fn digest(code: Code) -> [u8; 32] {
    tegata_keys::digest::sha256(format!("tegata-claim/v1\n{}", code.text()).as_bytes())
}

impl From<TransferError> for crate::Error {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Life(life) => crate::Error::conflict("life", &life).case(life.case()),
            TransferError::Expiry => crate::Error::invalid("expiry", error).case("expiry.claim"),
            TransferError::Own => crate::Error::conflict("own", error),
            TransferError::Expired(_) => crate::Error::conflict("expired", error),
            TransferError::Unknown => {
                crate::Error::new(crate::Kind::NotFound, "code", error.to_string()).case("code.claim")
            }
        }
    }
}
