//! Products.

pub mod create;
pub mod key;
pub mod list;
pub mod read;

use serde_json::{Value, json};
use tegata_domain::product::Product;

pub(crate) fn view(p: &Product) -> Value {
    json!({
        "id": p.uid, "name": p.name, "model": p.model, "gtin": p.gtin, "sector": p.sector,
        "support_end": p.support_end.to_string(), "support_reason": p.support_reason, "contact": p.contact,
        "credential": p.credential, "created_at": p.created_at.rfc3339(),
    })
}
