//! Tombstones: which organisation was erased when, one JSON object a line, no names.
//!
//! They are kept outside of backups: a backup from before an erasure brings the data back, and they take it out again.

use crate::error::{Error, Kind, Result};
use std::collections::BTreeMap;
use tegata_domain::id::Uuid;
use tegata_domain::time::Timestamp;

/// The most that is read: a hundred thousands of lines.
const MAX: u64 = 64 << 20;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    organisation: Uuid,
    at: String,
    /// It was refused after all; the line before counts for nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
}

/// The line of an erasure.
pub(super) fn line(organisation: Uuid, at: Timestamp, withdrawn: bool) -> Result<String> {
    serde_json::to_string(&Line { organisation, at: at.rfc3339(), withdrawn }).map_err(Error::internal)
}

/// Who is to be erased, and since when. A broken line is refused: nobody knows whom it means.
pub(crate) fn read(path: &std::path::Path) -> Result<BTreeMap<Uuid, Timestamp>> {
    let told = |text: String| Error::new(Kind::Unavailable, "tombstones", format!("{}: {text}", path.display()));
    if std::fs::metadata(path).map_err(|e| told(e.to_string()))?.len() > MAX {
        return Err(told("more than 64 MB".into()));
    }
    let text = std::fs::read_to_string(path).map_err(|e| told(e.to_string()))?;
    let mut all = BTreeMap::new();
    // what has no line feed was cut off by a crash, before anything was erased
    for (at, line) in text.split_inclusive('\n').enumerate().filter(|(_, line)| line.ends_with('\n')) {
        let broken = || told(format!("line {} cannot be read; bring the file back from a copy", at + 1));
        let line: Line = match serde_json::from_str(line) {
            Ok(line) => line,
            // the rest of a line that was cut off, which the next one ended
            Err(e) if e.is_eof() => continue,
            Err(_) => return Err(broken()),
        };
        let when = Timestamp::parse(&line.at).ok_or_else(broken)?;
        match line.withdrawn {
            true => drop(all.remove(&line.organisation)),
            false => drop(all.insert(line.organisation, when)),
        }
    }
    Ok(all)
}
