//! The fuzz targets: one function a parser, which takes any bytes and panics where the parser breaks its word.
//!
//! Why a library: the same functions run under libFuzzer (`cargo xtask fuzz`, feature `libfuzzer`), and over the kept
//! corpus in every `cargo test` (`tests/corpus.rs`), so that what was found once stays found. One program holds all
//! targets, since linking sixty would cost more than running them ([ADR 25](../../docs/adr/0025-fuzzing.md)).
//! Invariant: a target is a function of its bytes alone: no clock, no chance, nothing kept from one run to the next.

mod edge;
mod form;
mod people;
mod pure;
mod sealed;
mod wire;

/// A target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name; its corpus is `corpus/NAME`.
    pub name: &'static str,
    /// The file with the parser, below `crates`.
    pub of: &'static str,
    /// Runs it.
    pub run: fn(&[u8]),
}

const fn target(name: &'static str, of: &'static str, run: fn(&[u8])) -> Target {
    Target { name, of, run }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("der", "wire/src/read.rs", wire::der::elements),
    target("asn1", "wire/src/asn1.rs", wire::der::written),
    target("x509", "wire/src/x509.rs", wire::x509::received),
    target("x509_written", "wire/src/x509.rs", wire::x509::written),
    target("devid", "wire/src/devid.rs", wire::x509::devid),
    target("pkcs10", "wire/src/pkcs10.rs", wire::pkcs10::request),
    target("spki", "wire/src/pkcs10.rs", wire::pkcs10::key),
    target("cms", "wire/src/cms.rs", wire::cms::certificates),
    target("crl", "wire/src/crl.rs", wire::crl::written),
    target("est", "wire/src/est.rs", wire::est::body),
    target("release", "wire/src/release.rs", wire::release::manifest),
    target("erasure", "wire/src/erasure.rs", wire::erasure::statement),
    target("challenge", "wire/src/challenge.rs", wire::challenge::statement),
    target("life", "wire/src/life.rs", wire::life::extra),
    target("heartbeat", "wire/src/heartbeat.rs", wire::heartbeat::request),
    target("heartbeat_answer", "wire/src/heartbeat.rs", wire::heartbeat::answer),
    target("device_head", "wire/src/device_head.rs", wire::heartbeat::head),
    target("tlog", "wire/src/tlog.rs", wire::tlog::proofs),
    target("tile_path", "wire/src/tlog_tiles.rs", wire::tlog::path),
    target("tile", "wire/src/tlog_tiles.rs", wire::tlog::tile),
    target("tree", "wire/src/tlog_tiles/tree.rs", wire::tlog::tree),
    target("edge", "wire/src/tlog_tiles/edge.rs", wire::tlog::edge),
    target("tlog_proof", "wire/src/tlog_proof.rs", wire::note::proof),
    target("checkpoint", "wire/src/signed_note.rs", wire::note::checkpoint),
    target("verifier", "wire/src/signed_note.rs", wire::note::verifier),
    target("signed_note", "wire/src/signed_note.rs", wire::note::note),
    target("ddi", "wire/src/ddi.rs", wire::ddi::addresses),
    target("ddi_request", "wire/src/ddi/request.rs", wire::ddi::requests),
    target("ddi_answer", "wire/src/ddi/answer.rs", wire::ddi::answers),
    target("http_range", "wire/src/http.rs", wire::http::range),
    target("http_fields", "wire/src/http.rs", wire::http::fields),
    target("number", "domain/src/number.rs", pure::number),
    target("claim_code", "domain/src/transfer.rs", pure::code),
    target("time", "domain/src/time.rs", pure::time),
    target("gtin", "domain/src/product.rs", pure::gtin),
    target("version", "domain/src/release.rs", pure::version),
    target("filter", "domain/src/filter.rs", pure::filter),
    target("session", "store/src/session.rs", pure::session),
    target("session_token", "keys/src/session.rs", sealed::token),
    target("recovery", "keys/src/recovery.rs", sealed::recovery),
    target("sealed_file", "keys/src/sealed_file.rs", sealed::file),
    target("archive", "store/src/archive.rs", sealed::archive),
    target("possession", "keys/src/possession.rs", sealed::possession),
    target("chain", "keys/src/chain.rs", sealed::chain),
    target("lines", "api/src/device/cutter.rs", edge::lines),
    target("release_form", "api/src/release/form.rs", form::release),
    target("list_query", "api/src/page.rs", edge::list),
    target("cursor", "domain/src/cursor.rs", pure::cursor),
    target("countries", "outside/src/country.rs", edge::countries),
    target("scan_places", "domain/src/scan.rs", pure::places),
    target("report_words", "domain/src/report.rs", pure::report),
    target("agent_config", "agent/src/config.rs", edge::agent),
    target("place", "web/src/page/place.rs", edge::place),
    target("provider_document", "outside/src/oidc/document.rs", people::document),
    target("provider_keys", "outside/src/oidc/document.rs", people::keys),
    target("provider_answer", "outside/src/oidc/document.rs", people::answer),
    target("id_token", "outside/src/oidc/token.rs", people::token),
    target("provider_begun", "outside/src/oidc.rs", people::begun),
    target("passkey_made", "keys/src/passkey.rs", people::passkey_made),
    target("passkey_answer", "keys/src/passkey.rs", people::passkey_answer),
    target("person_code", "keys/src/totp.rs", people::code),
    target("config", "tegata/src/config/mod.rs", edge::config),
];

/// The target of this name.
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
