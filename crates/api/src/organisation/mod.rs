//! Organisations.

pub mod create;
pub mod erase;
pub mod list;

use serde_json::{Value, json};
use tegata_domain::organisation::Organisation;

pub(crate) fn view(o: &Organisation) -> Value {
    json!({ "id": o.uid, "name": o.name, "kinds": o.kinds.list(), "created_at": o.created_at.rfc3339() })
}
