//! `cargo deny`: licences, bans and sources always, advisories where their database can be had. Rules: `deny.toml`.

use crate::{no_options, run};
use std::path::PathBuf;
use std::time::Duration;

/// Help of `deny`.
pub const HELP: &str = "\
cargo xtask deny

Runs `cargo deny check licenses bans sources` by the rules in deny.toml, and `advisories` where the RustSec database
can be had; else it prints `advisories: not checked`. Takes cargo-deny 0.20 from the path, or from target/tools, where
it is installed the first time (a minute on two cores).";

const VERSION: &str = "0.20.2";
/// Any patch release of the same series reads the same rules.
const SERIES: &str = "cargo-deny 0.20.";

/// `cargo xtask deny`.
pub fn command(args: &[String]) -> Result<bool, String> {
    no_options(args)?;
    check()
}

/// The check itself.
pub fn check() -> Result<bool, String> {
    let deny = tool()?;
    let held = run::pass(&mut run::program(&deny, &["check", "licenses", "bans", "sources"]));
    if let Err(why) = run::capture(&mut run::within(Duration::from_secs(120), &deny, &["fetch", "db"])) {
        let why = why.lines().last().unwrap_or_default();
        println!("advisories: not checked (no database: {why})");
        return held.map(|()| true);
    }
    let advisories = run::pass(&mut run::program(&deny, &["check", "advisories"]));
    held.and(advisories).map(|()| true)
}

fn tool() -> Result<PathBuf, String> {
    let ours = run::target("tools/bin/cargo-deny");
    for path in [PathBuf::from("cargo-deny"), ours.clone()] {
        if run::capture(&mut run::program(&path, &["--version"])).is_ok_and(|says| says.starts_with(SERIES)) {
            return Ok(path);
        }
    }
    // not optimised: building it takes longer than all that it does here
    let mut install =
        run::cargo(&["install", "cargo-deny", "--locked", "--quiet", "--debug", "--version", VERSION, "--root"]);
    run::pass(install.arg(run::target("tools")).env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    Ok(ours)
}
