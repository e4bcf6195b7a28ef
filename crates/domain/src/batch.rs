//! Batches: a permit to make so many devices of a product within a time.

use crate::id::{BatchRow, OrganisationRow, ProductRow, Uuid};
use crate::time::Timestamp;
use std::time::Duration;

/// Whether a made device counts at once, or only when the line has read it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Confirmation {
    /// The answer to the line is enough.
    Implied,
    /// The line confirms after reading the device back.
    Required,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Row.
    pub row: BatchRow,
    /// Outward id.
    pub uid: Uuid,
    /// The maker.
    pub organisation: OrganisationRow,
    /// The product.
    pub product: ProductRow,
    /// How many devices it permits.
    pub quantity: u32,
    /// How many were made; a conditional counter in the store, never decided upon here.
    pub issued: u32,
    /// Confirmation of each device.
    pub confirmation: Confirmation,
    /// First moment at which it permits.
    pub valid_from: Timestamp,
    /// First moment at which it permits no more.
    pub valid_until: Timestamp,
    /// Since when it is here.
    pub created_at: Timestamp,
}

/// Why a batch cannot be opened so, or permits nothing now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Nothing, or more than a batch may hold.
    #[error("quantity is 1 to {QUANTITY_MAX}")]
    Quantity,
    /// Ends before it begins, or lasts longer than it may.
    #[error("valid_until lies after valid_from, by at most two years")]
    Validity,
    /// Not yet.
    #[error("the batch permits from {0} on")]
    NotYet(String),
    /// No more.
    #[error("the batch ended at {0}; open a new one")]
    Ended(String),
    /// All were made.
    #[error("all {0} devices of the batch were made; open a new batch")]
    Full(u32),
}

impl BatchError {
    /// Which it is, for catalogues of texts.
    pub fn case(&self) -> &'static str {
        match self {
            BatchError::Quantity => "batch.quantity",
            BatchError::Validity => "batch.until",
            BatchError::NotYet(_) => "batch.not_yet",
            BatchError::Ended(_) => "batch.ended",
            BatchError::Full(_) => "batch.full",
        }
    }
}

/// The most devices in one batch.
pub const QUANTITY_MAX: u32 = 100_000_000;
/// How long a batch holds when nothing is said.
pub const VALIDITY_DEFAULT: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a batch may hold.
pub const VALIDITY_MAX: Duration = Duration::from_secs(2 * 366 * 24 * 3600);

/// What a maker says of a new batch.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// How many devices.
    pub quantity: u32,
    /// Confirmation of each device.
    pub confirmation: Confirmation,
    /// From when on; now when absent.
    pub valid_from: Option<Timestamp>,
    /// Until when; 90 days from its start when absent.
    pub valid_until: Option<Timestamp>,
}

impl NewBatch {
    /// The batch, checked.
    pub fn open(
        self,
        row: BatchRow,
        uid: Uuid,
        product: &crate::product::Product,
        now: Timestamp,
    ) -> Result<Batch, BatchError> {
        if self.quantity == 0 || self.quantity > QUANTITY_MAX {
            return Err(BatchError::Quantity);
        }
        let valid_from = self.valid_from.unwrap_or(now);
        let valid_until = self.valid_until.unwrap_or_else(|| valid_from.plus(VALIDITY_DEFAULT));
        if valid_until <= valid_from || valid_until.since(valid_from) > VALIDITY_MAX {
            return Err(BatchError::Validity);
        }
        Ok(Batch {
            row,
            uid,
            organisation: product.organisation,
            product: product.row,
            quantity: self.quantity,
            issued: 0,
            confirmation: self.confirmation,
            valid_from,
            valid_until,
            created_at: now,
        })
    }
}

impl Batch {
    /// Whether it permits at `now`, its count aside (which the commit holds).
    pub fn permits(&self, now: Timestamp) -> Result<(), BatchError> {
        if now < self.valid_from {
            Err(BatchError::NotYet(self.valid_from.rfc3339()))
        } else if now >= self.valid_until {
            Err(BatchError::Ended(self.valid_until.rfc3339()))
        } else {
            Ok(())
        }
    }
}
