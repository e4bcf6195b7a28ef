//! Release keys: public halves only. While a product has one, every release of it must be signed by one.

use crate::cx::Inner;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::{ReleaseKeyRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::release::ReleaseKey;
use tegata_keys::statement;
use tegata_store::Row;

/// The longest public key that is read.
const KEY_MAX: usize = 4096;
/// The most keys of a product, ended ones too.
const KEYS_MAX: u32 = 100;

/// DER from PEM (RFC 7468, `PUBLIC KEY`) or base64.
fn decode(text: &str) -> Option<Vec<u8>> {
    let body = match text.split_once("-----BEGIN PUBLIC KEY-----") {
        Some((_, rest)) => rest.split_once("-----END PUBLIC KEY-----")?.0,
        None => text,
    };
    let plain: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(plain).ok()
}

/// Registers a key for the releases of a product: PEM or base64 of a SubjectPublicKeyInfo.
pub async fn register(product: Uuid, public_key: &str, actor: &Actor, cx: &Inner) -> Result<ReleaseKey> {
    let product = crate::product::by_uid(product, actor, cx).await?;
    let permit = actor.permit(Operation::CreateReleaseKey, Subject::of(product.organisation))?;
    let text = "public_key is a PEM text as `openssl pkey -pubout` writes it, or base64 of its DER";
    let spki = Some(public_key).filter(|text| text.len() <= KEY_MAX).and_then(decode);
    let spki = spki.ok_or_else(|| Error::invalid("public_key", text))?;
    statement::check(&spki).map_err(|e| Error::invalid("public_key", e).case("public_key.kind"))?;
    if cx.store.release().keys(product.row, 0, KEYS_MAX).await?.len() >= KEYS_MAX as usize {
        return Err(
            Error::conflict("too_many", format!("a product has at most {KEYS_MAX} release keys")).case("too_many.keys")
        );
    }
    let now = cx.now()?;
    let row = ReleaseKeyRow(cx.store.reserve(Row::ReleaseKey, 1).await?);
    let key = ReleaseKey { row, uid: cx.uid(now), product: product.row, spki, created_at: now, ended_at: None };
    let fact = Fact::release_key_registered(&key, product.uid);
    let change = Change::of(key.uid.to_string(), vec![Write::ReleaseKey(key.clone()), Write::Fact(fact)]);
    match cx.store.save(change, &permit, now).await.map_err(Error::from) {
        Err(e) if e.code == "exists" => {
            Err(Error::conflict("exists", "this key signs for the product already").case("exists.key"))
        }
        Err(e) => Err(e),
        Ok(()) => Ok(key),
    }
}

/// How people tell keys apart: SHA-256 of the key in hexadecimal, as `openssl pkey -pubin -outform DER | sha256sum` has it.
pub fn fingerprint(key: &ReleaseKey) -> String {
    tegata_keys::digest::sha256_hex(&key.spki)
}

/// The keys of a product, ended ones too.
pub async fn keys(product: Uuid, (after, limit): (i64, u32), actor: &Actor, cx: &Inner) -> Result<Vec<ReleaseKey>> {
    let product = crate::product::by_uid(product, actor, cx).await?;
    actor.permit(Operation::ReadReleaseKey, Subject::of(product.organisation))?;
    Ok(cx.store.release().keys(product.row, after, limit).await?)
}

/// Ends a key: it signs no release any more. A second time changes nothing. Releases that it signed stay.
pub async fn end(product: Uuid, key: Uuid, actor: &Actor, cx: &Inner) -> Result<()> {
    let product = crate::product::by_uid(product, actor, cx).await?;
    let permit = actor.permit(Operation::EndReleaseKey, Subject::of(product.organisation))?;
    let known = cx.store.release().key_by_uid(key).await?.filter(|key| key.product == product.row);
    let key = known.ok_or_else(|| Error::not_found("release key"))?;
    if key.ended_at.is_some() {
        return Ok(());
    }
    let now = cx.now()?;
    let fact = Fact::release_key_ended(&key, product.uid, now);
    let change = Change::of(key.uid.to_string(), vec![Write::ReleaseKeyEnd(key.row, now), Write::Fact(fact)]);
    match cx.store.save(change, &permit, now).await.map_err(Error::from) {
        Err(e) if e.code == "stale" => Ok(()),
        other => other,
    }
}
