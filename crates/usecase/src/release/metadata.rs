//! What a device is told of a release beside its file: all that the signed manifest says, and the signature.

use crate::cx::Inner;
use crate::error::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tegata_domain::release::Release;

/// Keys and values. With version, size and SHA-256, which are told anyway, the manifest can be written again from them.
pub async fn metadata(release: &Release, cx: &Inner) -> Result<Vec<(String, String)>> {
    let product = crate::lookup::entry(release.product, cx).await?.product.uid;
    let pairs = [
        ("product", product.to_string()),
        ("security_version", release.security_version.to_string()),
        ("remedy", u8::from(release.remedy).to_string()),
        ("signature", STANDARD.encode(&release.signature)),
    ];
    Ok(pairs.map(|(key, value)| (key.to_owned(), value)).to_vec())
}
