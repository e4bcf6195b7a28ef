//! The kept corpus through its targets, as plain tests: what was found once stays found.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use fuzz::TARGETS;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes that the whole corpus may have.
const CORPUS_MAX: u64 = 2 << 20;

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

#[test]
fn every_target_takes_its_corpus() {
    for target in TARGETS {
        let seeds = files(&corpus(target.name));
        assert!(!seeds.is_empty(), "{} has no corpus: put a real input into {:?}", target.name, corpus(target.name));
        for path in seeds {
            let bytes = fs::read(&path).unwrap();
            assert!(std::panic::catch_unwind(|| (target.run)(&bytes)).is_ok(), "{}: {path:?}", target.name);
        }
        (target.run)(&[]);
    }
}

/// Any input cut short or with a flipped bit: what the fuzzer would try first, without it.
#[test]
fn neighbours_of_the_corpus() {
    for target in TARGETS {
        for path in files(&corpus(target.name)).into_iter().take(8) {
            let bytes = fs::read(&path).unwrap();
            let step = (bytes.len() / 16).max(1);
            for at in (0..bytes.len()).step_by(step) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                (target.run)(&flipped);
                (target.run)(&bytes[..at]);
            }
        }
    }
}

#[test]
fn the_corpus_is_small_and_belongs_to_targets() {
    let folders: BTreeSet<String> =
        files(&corpus("")).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(folders, names);
    assert_eq!(names.len(), TARGETS.len(), "a name stands twice");
    let size = |path: &PathBuf| path.metadata().unwrap().len();
    let sum: u64 = TARGETS.iter().flat_map(|target| files(&corpus(target.name))).map(|path| size(&path)).sum();
    assert!(sum < CORPUS_MAX, "{sum} bytes; `cargo xtask fuzz --keep` takes what is needed only");
}
