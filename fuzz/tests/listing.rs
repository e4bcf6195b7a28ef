//! Every parser has a target: a new module of `wire` fails here until it has one, or says why it needs none.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use fuzz::TARGETS;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules of `wire` that read nothing, with the reason.
const NO_PARSER: [(&str, &str); 2] = [
    ("wire/src/lib.rs", "names the modules"),
    ("wire/src/problem.rs", "writes an object of serde_json, and reads nothing"),
];

/// What reads something: names of functions begin so.
const READS: [&str; 7] = ["parse", "decode", "read", "open", "check_", "certificates", "load"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

/// Source files below a folder, tests left out, as paths below `crates`.
fn sources(folder: &str) -> BTreeSet<String> {
    let (mut waiting, mut found) = (vec![crates().join(folder)], BTreeSet::new());
    while let Some(folder) = waiting.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(crates()).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                waiting.push(path);
            } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") {
                found.insert(name);
            }
        }
    }
    found
}

#[test]
fn every_module_of_wire_has_a_target() {
    let modules = sources("wire/src");
    assert!(modules.len() > 20, "the scan finds modules");
    let listed: BTreeSet<String> =
        TARGETS.iter().map(|target| target.of).chain(NO_PARSER.map(|(of, _)| of)).map(str::to_owned).collect();
    let unlisted: Vec<_> = modules.difference(&listed).collect();
    assert!(unlisted.is_empty(), "no fuzz target: docs/how-to/fuzz-a-parser.md tells how: {unlisted:?}");
    let gone: Vec<&str> = TARGETS.iter().map(|target| target.of).filter(|of| !crates().join(of).is_file()).collect();
    assert!(gone.is_empty(), "targets of files that are not there (any more): {gone:?}");
    for (of, _) in NO_PARSER {
        assert!(modules.contains(of) && !TARGETS.iter().any(|target| target.of == of), "{of} is no exception");
    }
}

/// A second reader in a module that has a target already is called by one too.
#[test]
fn every_reader_of_wire_is_called() {
    let targets: String = fuzz_sources().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut readers = 0;
    for of in sources("wire/src") {
        let text = fs::read_to_string(crates().join(&of)).unwrap();
        let functions = text.lines().filter_map(|line| line.trim_start().strip_prefix("pub fn "));
        for name in functions.map(|rest| rest.split(['(', '<']).next().unwrap_or_default()) {
            if READS.iter().any(|begin| name.starts_with(begin)) {
                assert!(targets.contains(&format!("{name}(")), "{of}: no target calls {name}");
                readers += 1;
            }
        }
    }
    assert!(readers > 20, "the scan finds readers: {readers}");
}

fn fuzz_sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inner = fs::read_dir(root.join("wire")).unwrap().chain(fs::read_dir(&root).unwrap());
    inner.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}
