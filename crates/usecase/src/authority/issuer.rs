//! Authorities that are ready to issue: unsealed once, kept in memory.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tegata_domain::authority::{Authority, AuthorityKind};
use tegata_domain::id::{AuthorityRow, OrganisationRow, Uuid};
use tegata_domain::organisation::OrganisationKind;
use tegata_keys::profile::Issuer;
use tegata_keys::signer::Signer;

/// An authority with its key at hand.
pub(crate) struct Ready {
    pub authority: Authority,
    pub issuer: Issuer,
}

/// The authorities that were used since the start.
#[derive(Default)]
pub struct Issuers(RwLock<HashMap<AuthorityRow, Arc<Ready>>>);

impl Issuers {
    /// Drops the authorities of an organisation that was erased.
    pub(crate) fn forget(&self, organisation: OrganisationRow) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, ready| ready.authority.organisation != organisation);
    }
}

/// Label that an authority's key is sealed under.
pub(crate) fn label(uid: Uuid) -> String {
    format!("authority {uid}")
}

/// Makes an authority ready.
pub(crate) async fn ready(cx: &Inner, row: AuthorityRow) -> Result<Arc<Ready>> {
    if let Some(known) = cx.issuers.0.read().unwrap_or_else(PoisonError::into_inner).get(&row) {
        return Ok(Arc::clone(known));
    }
    let authority = cx.store.authority().by_row(row).await?.ok_or_else(|| Error::internal("no such authority"))?;
    let issuer = match &authority.sealed_key {
        Some(sealed) => {
            let signer = Signer::from_pkcs8(&cx.seal.open(&label(authority.uid), sealed)?)?;
            Issuer::new(signer, &authority.certificate, authority.uid, authority.shards, &cx.addresses())?
        }
        None => super::create::root(cx).await?,
    };
    let online = authority.kind != AuthorityKind::Root;
    let ready = Arc::new(Ready { authority, issuer });
    if online {
        cx.issuers.0.write().unwrap_or_else(PoisonError::into_inner).insert(row, Arc::clone(&ready));
    }
    Ok(ready)
}

/// The authority of a kind that serves an organisation; households share the platform's.
pub(crate) async fn for_devices_of(cx: &Inner, kind: AuthorityKind, owner: OrganisationRow) -> Result<Arc<Ready>> {
    if let Some(authority) = cx.store.authority().of(kind, owner).await? {
        return ready(cx, authority.row).await;
    }
    let organisation = cx.store.organisation().by_row(owner).await?;
    let household = organisation.is_some_and(|o| o.kinds.has(OrganisationKind::Household));
    let shared = match household {
        true => cx.store.authority().of(kind, OrganisationRow(1)).await?,
        false => None,
    };
    let text = "this organisation has no authority for that";
    ready(cx, shared.ok_or_else(|| Error::conflict("no_authority", text))?.row).await
}
