//! Makes an authority under the platform's root.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::platform::ROOT_KEY_FILE;
use tegata_domain::authority::{Authority, AuthorityKind};
use tegata_domain::chance;
use tegata_domain::id::AuthorityRow;
use tegata_domain::organisation::Organisation;
use tegata_keys::profile::{self, Issuer};
use tegata_keys::signer::Signer;
use tegata_store::Row;

/// CRL shards of an authority.
const SHARDS: u16 = 16;

/// A new authority that is not saved yet.
pub(crate) async fn new_authority(cx: &Inner, kind: AuthorityKind, of: &Organisation) -> Result<Authority> {
    let now = cx.now()?;
    let root = root(cx).await?;
    let (signer, pkcs8) = Signer::generate_p256()?;
    let uid = cx.uid(now);
    let title = match kind {
        AuthorityKind::Root => return Err(Error::internal("a root under a root")),
        AuthorityKind::Idevid => "Device Identity Authority",
        AuthorityKind::Ldevid => "Operational Device Authority",
    };
    // the id keeps the names of two organisations of one name apart (RFC 5280 §4.1.2.6)
    let title = format!("{title} {}", &uid.simple().to_string()[24..]);
    let name = profile::authority_name(&of.name, &title);
    let serial = profile::random_serial(chance::bytes(&*cx.chance));
    Ok(Authority {
        row: AuthorityRow(cx.store.reserve(Row::Authority, 1).await?),
        uid,
        kind,
        organisation: of.row,
        certificate: root.authority(serial, &name, signer.spki(), now)?,
        sealed_key: Some(cx.seal.seal(&super::issuer::label(uid), &pkcs8)?),
        shards: SHARDS,
        created_at: now,
    })
}

/// The root, while its key is online.
pub(crate) async fn root(cx: &Inner) -> Result<Issuer> {
    let mut roots = cx.store.authority().all(AuthorityKind::Root).await?;
    let root = roots.pop().ok_or_else(|| Error::internal("no root"))?;
    let sealed = std::fs::read(cx.store.folder().join(ROOT_KEY_FILE)).map_err(|_| {
        let text = "the root key is offline; put keys/root.key back into the data folder for this";
        Error::new(Kind::Unavailable, "root_offline", text)
    })?;
    let signer = Signer::from_pkcs8(&cx.seal.open(ROOT_KEY_FILE, &sealed)?)?;
    Ok(Issuer::new(signer, &root.certificate, root.uid, root.shards, &cx.addresses())?)
}
