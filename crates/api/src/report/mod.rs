//! Reports about a device.

pub mod list;

use serde_json::{Value, json};
use tegata_domain::report::Report;

/// A report.
pub(crate) fn view(report: &Report) -> Value {
    json!({
        "id": report.uid, "at": report.at.rfc3339(), "kind": report.kind, "language": report.language,
        "text": report.text,
    })
}
