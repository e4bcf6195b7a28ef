//! A large object on its way into the object store, in parts, never whole in memory.
//!
//! Invariant: intent first. Before the first part leaves, an object below `uploads/` names the upload; what a crash
//! leaves behind is found by it and ended ([`end`]). Nobody sees an object before its last part.

use super::local::Draft;
use super::remote::Remote;
use crate::Error;
use bytes::Bytes;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use std::sync::Arc;
use tegata_domain::time::Timestamp;

/// The least size of a part; two are in memory at most.
const PART: u64 = 8 << 20;
/// S3 takes 10,000 parts.
const PARTS: u64 = 9_000;
/// Here are the intents.
const UPLOADS: &str = "uploads";

fn part_size(size: u64) -> u64 {
    size.div_ceil(PARTS).div_ceil(1 << 20).max(PART >> 20) << 20
}

/// Writes a draft there: durable when this returns, and the draft is gone.
pub(super) async fn upload(remote: &Remote, name: &str, draft: Draft) -> Result<(), Error> {
    remote.ready().await?;
    let (size, draft) = (draft.size()?, Arc::new(draft));
    if size <= PART {
        let content = read(&draft, 0, size).await?;
        return remote.put(name, content).await;
    }
    let path = remote.path(name);
    let id = remote.told("beginning an upload", remote.store.create_multipart(&path).await)?;
    let intent = format!("{UPLOADS}/{}", intent(name, &id));
    let sent = async {
        remote.put(&intent, serde_json::json!({ "path": path.as_ref(), "upload": id }).to_string()).await?;
        let parts = send(remote, (&path, &id), &draft, size).await?;
        remote.told("ending an upload", remote.store.complete_multipart(&path, &id, parts).await)
    };
    let sent = sent.await.map(drop);
    // where this fails, `end` does it later
    if sent.is_ok() || remote.store.abort_multipart(&path, &id).await.is_ok() {
        let _ended_later = remote.remove(&intent).await;
    }
    sent
}

/// Name of an intent: of what, and of which attempt.
fn intent(name: &str, id: &str) -> String {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).take(128).collect::<String>();
    format!("{}/{}", name.replace('/', "-"), plain(id))
}

async fn send(
    remote: &Remote,
    (path, id): (&Path, &String),
    draft: &Arc<Draft>,
    size: u64,
) -> Result<Vec<PartId>, Error> {
    let step = part_size(size);
    let mut parts = Vec::new();
    let mut next = read(draft, 0, step.min(size)).await?;
    let mut at = next.len() as u64;
    loop {
        let put = remote.store.put_part(path, id, parts.len(), next.into());
        // the next one is read while this one leaves
        let (sent, read) = tokio::join!(put, read(draft, at, step.min(size - at)));
        parts.push(remote.told("uploading", sent)?);
        next = read?;
        if next.is_empty() {
            return Ok(parts);
        }
        at += next.len() as u64;
    }
}

async fn read(draft: &Arc<Draft>, at: u64, length: u64) -> Result<Bytes, Error> {
    let draft = Arc::clone(draft);
    super::blocking(move || draft.read_at(at, length as usize)).await
}

/// Ends uploads of this kind that were begun before that moment and did not end; answers how many.
pub(super) async fn end(remote: &Remote, kind: &str, before: Timestamp) -> Result<u64, Error> {
    let mut ended = 0;
    for entry in remote.list(UPLOADS).await? {
        if entry.changed >= before || !entry.name.starts_with(&format!("{kind}-")) {
            continue;
        }
        let name = format!("{UPLOADS}/{}", entry.name);
        let Some(text) = remote.whole(&name).await? else { continue };
        let told: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        if let (Some(path), Some(id)) = (told["path"].as_str(), told["upload"].as_str()) {
            match remote.store.abort_multipart(&Path::from(path), &id.to_owned()).await {
                // it had ended
                Err(object_store::Error::NotFound { .. }) => {}
                result => remote.told("ending an upload", result)?,
            }
        }
        remote.remove(&name).await?;
        ended += 1;
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_few_enough() {
        assert_eq!(part_size(9 << 20), 8 << 20);
        let most = 1 << 40;
        assert!(most / part_size(most) <= 10_000 && part_size(most) <= 5 << 30);
    }

    #[test]
    fn an_intent_has_a_plain_name() {
        assert_eq!(intent("firmware/ab", "x/../y+z="), "firmware-ab/xyz");
    }
}
