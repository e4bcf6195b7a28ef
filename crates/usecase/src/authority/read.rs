//! Reads of authorities: public.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::authority::AuthorityKind;
use tegata_domain::id::Uuid;

/// The certificate of an authority, DER.
pub async fn certificate(uid: Uuid, cx: &Inner) -> Result<Vec<u8>> {
    let found = cx.store.authority().by_uid(uid).await?;
    found.map(|a| a.certificate).ok_or_else(|| Error::not_found("authority"))
}

/// What a device has to trust (EST cacerts): the roots, then the authorities that issue to it.
pub async fn roots(cx: &Inner) -> Result<Vec<Vec<u8>>> {
    let roots = cx.store.authority().all(AuthorityKind::Root).await?;
    let mut all: Vec<Vec<u8>> = roots.into_iter().map(|a| a.certificate).collect();
    let own = cx.store.authority().all(AuthorityKind::Ldevid).await?;
    all.extend(own.into_iter().take(64).map(|a| a.certificate));
    Ok(all)
}
