//! Attestation: a configured command gives evidence of what runs. Only the hook: the platform takes no evidence yet.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::hook::{self, HookError};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::time::Duration;
use tegata_domain::chance::bytes;
use tegata_keys::digest::sha256_hex;

const FILE: &str = "attest.json";

/// Runs the command with a nonce, a new one unless one is given, and keeps what it printed: at most 64 kB.
pub fn attest(cx: &Cx, nonce: Option<&str>) -> Result<Value> {
    let command = &cx.config.attest.command;
    if command.is_empty() {
        return Err(HookError::Missing("attest").into());
    }
    let nonce = nonce.map_or_else(|| BASE64_URL_SAFE_NO_PAD.encode(bytes::<32>(&*cx.chance)), str::to_owned);
    if nonce.len() > 256 || !nonce.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::Other("a nonce has at most 256 visible characters".into()));
    }
    let timeout = Duration::from_secs(cx.config.update.timeout);
    let evidence = hook::run(command, &[], &[("TEGATA_NONCE", &nonce)], timeout)?;
    let kept = json!({
        "at": cx.time.now().rfc3339(),
        "nonce": nonce,
        "sha256": sha256_hex(&evidence),
        "evidence": BASE64_STANDARD.encode(&evidence),
    });
    cx.folder.save_json(FILE, &kept)?;
    Ok(kept)
}
