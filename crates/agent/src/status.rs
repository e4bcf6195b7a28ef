//! What happened last, kept for people: `tegata-agent status`.

use crate::cx::Cx;
use crate::error::Result;
use serde::{Deserialize, Serialize};

const FILE: &str = "status.json";

/// How often, in milliseconds, the moment of the last answer is written when nothing else changed: flash wears.
const HEARD_STEP: i64 = 3_600_000;

/// What is known of the last rounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// When the platform last answered a heartbeat, milliseconds since 1970; to the hour.
    pub heard_at: Option<i64>,
    /// What went wrong in the last round.
    pub problem: Option<String>,
    /// Why the platform holds the device back.
    pub held: Option<String>,
    /// The platform showed another life of this device. Stays until a person sees to it.
    pub fork: Option<String>,
    /// How the last update ended.
    pub update: Option<String>,
}

/// What is kept. An unreadable file counts as none: it only informs.
pub fn read(cx: &Cx) -> Status {
    cx.folder.json(FILE).ok().flatten().unwrap_or_default()
}

/// Changes what is kept; writes only when something did change.
pub fn change(cx: &Cx, with: impl FnOnce(&mut Status)) -> Result<()> {
    let before = read(cx);
    let mut after = before.clone();
    with(&mut after);
    let mut same = after.clone();
    same.heard_at = before.heard_at;
    let is_old = match (before.heard_at, after.heard_at) {
        (Some(before), Some(after)) => (after - before).abs() >= HEARD_STEP,
        (before, after) => before != after,
    };
    if same != before || is_old {
        cx.folder.save_json(FILE, &after)?;
    }
    Ok(())
}
