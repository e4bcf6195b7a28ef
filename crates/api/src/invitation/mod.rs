//! Invitations: how the first person of an organisation comes in, and any other.

pub mod create;
pub mod end;
pub mod list;

use serde_json::{Value, json};
use tegata_domain::invitation::Invitation;

pub(crate) fn view(i: &Invitation) -> Value {
    json!({
        "id": i.uid, "role": i.role, "note": i.note, "created_at": i.created_at.rfc3339(),
        "expires_at": i.expires_at.rfc3339(), "used_at": i.used_at.map(|at| at.rfc3339()),
        "ended_at": i.ended_at.map(|at| at.rfc3339()),
    })
}
