#!/bin/sh
# RUSTC_WORKSPACE_WRAPPER of `cargo xtask fuzz`: our own crates with coverage, address and debug checks; packages as
# every other build has them, so that they are compiled once for all. What runs while building stays plain, and what
# holds no parser is compiled as fast as can be.
name=
previous=
for arg in "$@"; do
    [ "$previous" = --crate-name ] && name=$arg
    [ "$previous" = --crate-type ] && [ "$arg" = proc-macro ] && exec "$@"
    previous=$arg
done
case $name in
    tegata_domain | tegata_wire | tegata_keys | tegata_store | tegata_api | fuzz) ;;
    tegata_web | tegata_agent | tegata) set -- "$@" -Copt-level=0 ;;
    tegata_*) exec "$@" -Copt-level=0 -Cdebuginfo=0 ;;
    *) exec "$@" ;;
esac
# the switches are those of cargo-fuzz; the bootstrap variable opens them on the stable toolchain
RUSTC_BOOTSTRAP=1 exec "$@" --cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=4 \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
