//! All targets as one program for libFuzzer; the environment variable `TARGET` names the one that runs.
#![no_main]

use std::sync::OnceLock;

/// Judged once: a name that is none ends the program before its first run.
static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let run = CHOSEN.get_or_init(|| {
        let name = std::env::var("TARGET").unwrap_or_default();
        fuzz::by_name(&name).unwrap_or_else(|| panic!("TARGET={name:?} is none of the targets")).run
    });
    run(data);
});
