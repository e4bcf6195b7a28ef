#!/bin/sh
# RUSTC_WORKSPACE_WRAPPER of `cargo xtask fuzz`: our own crates with coverage, address and debug checks; packages as
# every other build has them, so that they are compiled once for all. What runs while building stays plain.
case " $* " in
    *" --crate-name build_script_build "* | *" --crate-type proc-macro "* | *" --print="* | *" -vV "*) exec "$@" ;;
    *" --crate-name "*) ;;
    *) exec "$@" ;;
esac
# the switches are those of cargo-fuzz; the bootstrap variable opens them on the stable toolchain
RUSTC_BOOTSTRAP=1 exec "$@" --cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=4 \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
