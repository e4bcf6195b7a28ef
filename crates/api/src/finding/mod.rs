//! Findings.

pub mod close;
pub mod list;

use serde_json::{Value, json};
use tegata_domain::finding::Finding;
use tegata_domain::number::Number;

pub(crate) fn view(finding: &Finding) -> Value {
    let (at, reason) = finding.closed.as_ref().map(|(at, reason)| (at.rfc3339(), reason.as_str())).unzip();
    json!({
        "id": finding.uid, "kind": finding.kind, "level": finding.level, "at": finding.at.rfc3339(),
        "data": finding.data, "state": if at.is_some() { "closed" } else { "open" },
        "closed_at": at, "close_reason": reason,
    })
}

fn view_with(finding: &Finding, number: Option<Number>) -> Value {
    let mut view = view(finding);
    view["device"] = number.map(|number| number.to_string()).into();
    view
}
