//! Public facts: the leaves of the ledger's first log, in clear.

use crate::ledger::{Head, Log};
use crate::time::Timestamp;
use serde_json::{Value, json};

/// The log before a restore.
#[derive(Debug, Clone, Copy)]
pub struct RestoredLog<'a> {
    /// Which.
    pub log: Log,
    /// Its origin.
    pub origin: &'a str,
    /// Its verifier key, in signed-note form.
    pub key: &'a str,
    /// Its last checkpoint in the backup.
    pub head: Head,
    /// The moment of the backup.
    pub backup_made_at: Timestamp,
}

/// A fact; its leaf is the canonical JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// When, by the platform's clock.
    pub at: Timestamp,
    /// What, as `product_registered`.
    pub kind: &'static str,
    /// The fact itself: an object.
    pub data: Value,
}

impl Fact {
    /// The leaf: JSON of RFC 8785 with `at`, `data`, `kind`.
    pub fn leaf(&self) -> Vec<u8> {
        json!({ "at": self.at.rfc3339(), "data": self.data, "kind": self.kind }).to_string().into_bytes()
    }

    /// A product was registered.
    pub fn product_registered(product: &crate::product::Product, maker: &str) -> Self {
        Fact {
            at: product.created_at,
            kind: "product_registered",
            data: json!({
                "product": product.uid.to_string(), "maker": maker, "model": product.model, "name": product.name,
                "gtin": product.gtin, "support_end": product.support_end.to_string(),
            }),
        }
    }

    /// An authority got its certificate.
    pub fn authority_certified(authority: &crate::authority::Authority, digest_hex: &str) -> Self {
        Fact {
            at: authority.created_at,
            kind: "authority_certified",
            data: json!({ "authority": authority.uid.to_string(), "kind": authority.kind, "sha256": digest_hex }),
        }
    }

    /// A release was published: its digests, so that nobody can be given another file unseen.
    pub fn release_published(release: &crate::release::Release, product: crate::id::Uuid) -> Self {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        Fact {
            at: release.created_at,
            kind: "release_published",
            data: json!({
                "release": release.uid.to_string(), "product": product.to_string(), "version": release.version,
                "security_version": release.security_version, "remedy": release.remedy, "size": release.size,
                "sha256": hex(&release.sha256), "signature": hex(&release.signature),
                "key": release.key.map(|key| key.to_string()),
            }),
        }
    }

    /// A key that signs releases was registered.
    pub fn release_key_registered(key: &crate::release::ReleaseKey, product: crate::id::Uuid) -> Self {
        let spki = data_encoding::BASE64.encode(&key.spki);
        let data = json!({ "key": key.uid.to_string(), "product": product.to_string(), "public_key": spki });
        Fact { at: key.created_at, kind: "release_key_registered", data }
    }

    /// A key signs no release any more.
    pub fn release_key_ended(key: &crate::release::ReleaseKey, product: crate::id::Uuid, now: Timestamp) -> Self {
        let data = json!({ "key": key.uid.to_string(), "product": product.to_string() });
        Fact { at: now, kind: "release_key_ended", data }
    }

    /// A log goes on under another origin, since a backup was restored: the last checkpoint of the old one that the
    /// backup knew, and the key that signed it. What the old log held beyond that size is lost here.
    pub fn log_restored(at: Timestamp, old: &RestoredLog<'_>, origin: &str) -> Self {
        Fact {
            at,
            kind: "log_restored",
            data: json!({
                "log": old.log.name(), "old_origin": old.origin, "old_key": old.key, "size": old.head.size,
                "root": data_encoding::HEXLOWER.encode(&old.head.root), "origin": origin,
                "backup_made_at": old.backup_made_at.rfc3339(),
            }),
        }
    }

    /// How long the logs are kept (C2SP tlog-tiles asks for a policy before anything is pruned).
    pub fn retention_policy(now: Timestamp) -> Self {
        Fact { at: now, kind: "retention_policy", data: json!({ "facts": "never pruned", "devices": "never pruned" }) }
    }
}
