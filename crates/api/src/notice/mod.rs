//! Notices: what the platform told an organisation.

pub mod contact;
pub mod list;
pub mod receipt;

use serde_json::{Value, json};
use tegata_domain::notice::Notice;

pub(crate) fn view(n: &Notice, number: Option<String>) -> Value {
    json!({
        "id": n.uid, "kind": n.kind.name(), "number": number, "at": n.at.rfc3339(), "state": n.state(),
        "sent_at": n.sent_at.map(|at| at.rfc3339()), "receipt_at": n.receipt_at.map(|at| at.rfc3339()),
    })
}
