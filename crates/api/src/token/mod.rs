//! API tokens.

pub mod create;
pub mod end;
pub mod list;

use serde_json::{Value, json};
use tegata_domain::token::Token;

pub(crate) fn view(t: &Token) -> Value {
    json!({
        "id": t.uid, "name": t.name, "role": t.role, "created_at": t.created_at.rfc3339(),
        "expires_at": t.expires_at.rfc3339(), "ended_at": t.ended_at.map(|at| at.rfc3339()),
    })
}
