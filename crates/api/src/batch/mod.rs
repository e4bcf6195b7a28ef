//! Batches.

pub mod create;
pub mod list;
pub mod read;

use serde_json::{Value, json};
use tegata_domain::batch::Batch;

pub(crate) fn view(b: &Batch) -> Value {
    json!({
        "id": b.uid, "quantity": b.quantity, "issued": b.issued, "confirmation": b.confirmation,
        "valid_from": b.valid_from.rfc3339(), "valid_until": b.valid_until.rfc3339(),
        "created_at": b.created_at.rfc3339(),
    })
}
