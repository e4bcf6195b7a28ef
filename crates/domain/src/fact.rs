//! Public facts: the leaves of the ledger's first log, in clear.

use crate::time::Timestamp;
use serde_json::{Value, json};

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

    /// How long the logs are kept (C2SP tlog-tiles asks for a policy before anything is pruned).
    pub fn retention_policy(now: Timestamp) -> Self {
        Fact { at: now, kind: "retention_policy", data: json!({ "facts": "never pruned", "devices": "never pruned" }) }
    }
}
