//! Every refusal that a page can show has its words in both languages.

use super::*;
use crate::texts::count;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Parts of the use cases that no page reaches: commands on the server, devices, the line, programs with a token.
const UNREACHED: [&str; 26] = [
    "platform",
    "enrolment",
    "heartbeat",
    "action",
    "target_token",
    "certificate",
    "disposal",
    "authority",
    "erasure",
    "export",
    "revocation",
    "pace.rs",
    "peer.rs",
    "challenge/answer.rs",
    "device/confirm.rs",
    "device/heard.rs",
    "device/make.rs",
    "device/void.rs",
    "ledger/open.rs",
    "ledger/recount.rs",
    "ledger/tiles.rs",
    "notice/send.rs",
    "organisation/create.rs",
    "release/checked.rs",
    "release/publish.rs",
    "release/running.rs",
];

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, out),
            false if path.extension().is_some_and(|end| end == "rs") => out.push(path),
            false => {}
        }
    }
}

/// The sources of a crate beside this one, without those in `without` and without tests.
fn sources(of: &str, without: &[&str]) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src");
    for name in without {
        assert!(folder.join(name).exists(), "{name} is no part of {of}");
    }
    let mut all = Vec::new();
    files(&folder, &mut all);
    let reached = |path: &&PathBuf| {
        let inside = path.strip_prefix(&folder).unwrap();
        !without.iter().any(|name| inside.starts_with(name)) && !inside.to_str().unwrap().ends_with("_tests.rs")
    };
    all.iter().filter(reached).map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// The literal at which `rest` begins.
fn literal(rest: &str) -> Option<&str> {
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

/// The codes and closer names in a source.
fn names(source: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for made in ["Error::invalid(", "Error::conflict(", "Error::denied(", ".case(", "refusal::invalid("] {
        found.extend(source.split(made).skip(1).filter_map(literal));
    }
    // Error::new(Kind::…, "code", …) and (Kind::…, "code", …)
    let parts: Vec<&str> = source.split("Kind::").collect();
    for pair in parts.windows(2) {
        // not of another type, as EventKind is
        if pair[0].ends_with(char::is_alphanumeric) {
            continue;
        }
        let Some((kind, rest)) = pair[1].split_once(',') else { continue };
        let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
        let code = literal(rest).filter(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        found.extend(code.filter(|code| word(kind) && !code.is_empty()));
    }
    for body in source.split("fn case(&self)").skip(1) {
        let body = body.split("\n    }\n").next().unwrap();
        found.extend(body.split("=>").skip(1).filter_map(literal));
    }
    found
}

#[test]
fn every_refusal_has_its_words() {
    let reached =
        [sources("usecase", &UNREACHED), sources("domain", &[]), sources("web", &["refusal_tests.rs"])].concat();
    let wanted: BTreeSet<&str> = reached.iter().flat_map(|source| names(source)).collect();
    for known in ["life", "life.held", "name_taken", "passkey_copied", "store_away", "batch.quantity", "stale", "form"]
    {
        assert!(wanted.contains(known), "the scan misses {known}");
    }
    for language in Language::ALL {
        let known: BTreeSet<&str> = Refusals::of(language).code.keys().map(String::as_str).collect();
        let missing: Vec<_> = wanted.difference(&known).collect();
        assert!(missing.is_empty(), "{language:?} has no words for {missing:?}");
        let named = |code: &str| reached.iter().any(|source| source.contains(&format!("\"{code}\"")));
        let unused: Vec<_> = known.iter().filter(|code| !named(code)).collect();
        assert!(unused.is_empty(), "{language:?} has words for {unused:?}, which nothing refuses with");
    }
}

#[test]
fn the_closer_name_wins() {
    let error = Error::invalid("batch", "quantity is 1 to 100000000");
    assert_eq!(in_language(&error, Language::Ja), "このロットは作れません。台数と期限を確かめてください。");
    let closer = error.case("batch.quantity");
    assert_eq!(in_language(&closer, Language::Ja), "台数は、1から100,000,000までの整数で入力してください。");
    let unknown = Error::denied("never_heard_of", "no");
    assert_eq!(in_language(&unknown, Language::En), Refusals::of(Language::En).kind.denied);
}

/// A limit in a text is the one that is held.
#[test]
fn limits_are_the_ones_that_are_held() {
    use tegata_domain::{account, batch, campaign, filter, report};
    let limits = [
        ("batch.quantity", u64::from(batch::QUANTITY_MAX)),
        ("campaign.groups", campaign::GROUPS_MAX as u64),
        ("campaign.numbers", campaign::NUMBERS_MAX as u64),
        ("filter_name", filter::NAME_MAX as u64),
        ("login_name", account::NAME_MAX as u64),
        ("report", report::TEXT_MAX as u64),
    ];
    for language in Language::ALL {
        for (code, limit) in limits {
            let text = &Refusals::of(language).code[code];
            assert!(text.contains(&count(limit)), "{code}: {text} does not say {limit}");
        }
    }
}
