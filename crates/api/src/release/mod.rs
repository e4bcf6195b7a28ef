//! Releases.

pub mod create;
pub mod form;
pub mod list;
pub mod read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tegata_usecase::release::Published;

/// A release as it is shown.
fn view(published: &Published) -> Value {
    let (r, product) = (&published.release, published.product);
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    json!({
        "id": r.uid, "product": product, "version": r.version, "security_version": r.security_version,
        "remedy": r.remedy, "name": r.file_name, "size": r.size, "sha256": hex(&r.sha256), "sha1": hex(&r.sha1),
        "md5": hex(&r.md5), "signature": STANDARD.encode(&r.signature), "key": r.key,
        "signature_checked": r.key.is_some(), "created_at": r.created_at.rfc3339(),
    })
}
