//! What a device is told of a release beside its file: the manifest that its maker signed, and the signature.

use super::product_of;
use super::publish::manifest;
use crate::cx::Inner;
use crate::error::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tegata_domain::release::Release;

/// `tegata.manifest`, the text, and `tegata.signature`, base64, where there is one.
pub async fn metadata(release: &Release, cx: &Inner) -> Result<Vec<(String, String)>> {
    let product = product_of(release, cx).await?;
    let mut pairs = vec![("tegata.manifest".to_owned(), manifest(release, product.uid).text())];
    if !release.signature.is_empty() {
        pairs.push(("tegata.signature".to_owned(), STANDARD.encode(&release.signature)));
    }
    Ok(pairs)
}
