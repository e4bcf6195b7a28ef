//! `cargo xtask layout`: the rules of the house that a program can check.

mod arrows;
mod exception;
mod manifest;
mod mask;
mod scan;
mod sizes;

use crate::{no_options, run};
use exception::Exceptions;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// Help of `layout`.
pub const HELP: &str = "\
cargo xtask layout

Checks that arrows between our crates go down only; files have at most 600 lines without tests (95th percentile 400),
functions 70, handlers 25 and five arguments; every Rust file opens with //!; every crate inherits the workspace's
lints; every foreign package in the root Cargo.toml has a reason beside it; the agent has at most 150 packages.

xtask/layout-exceptions.txt lists what may be larger for now, a line each: PATH LINES, or PATH:FUNCTION LINES.
The list may only shrink: an exception that is not needed, or allows more than is needed, is a fault.";

const AGENT: &str = "tegata-agent";
const AGENT_PACKAGES: usize = 150;

/// `cargo xtask layout`.
pub fn command(args: &[String]) -> Result<bool, String> {
    no_options(args)?;
    check()
}

/// The check itself: prints the report, then the faults.
pub fn check() -> Result<bool, String> {
    let mut exceptions = Exceptions::parse(&read("xtask/layout-exceptions.txt")?)?;
    let files = sizes::files()?;
    let mut faults = sizes::faults(&files, &mut exceptions);
    faults.extend(exceptions.faults());
    print!("{}", sizes::report(&files));
    crates(&mut faults)?;
    packages(&mut faults)?;
    println!("exceptions: {}", exceptions.count());
    for fault in &faults {
        println!("layout: {fault}");
    }
    println!("layout: {}", if faults.is_empty() { "holds".into() } else { format!("{} faults", faults.len()) });
    Ok(faults.is_empty())
}

/// Arrows and lints.
fn crates(faults: &mut Vec<String>) -> Result<(), String> {
    let metadata = metadata(&["--no-deps"])?;
    let packages: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = packages.iter().map(|package| text(package, "name")).collect();
    let arrows = arrows::read(&metadata);
    println!("crates: {}, arrows between them: {}", names.len(), arrows.len());
    faults.extend(arrows::faults(&names, &arrows));
    for package in packages {
        let path = text(package, "manifest_path");
        let manifest = fs::read_to_string(&path).map_err(|why| format!("could not read {path}: {why}"))?;
        if !manifest::inherits_lints(&manifest) {
            faults.push(format!("{path}: does not inherit the workspace's lints"));
        }
    }
    Ok(())
}

/// Foreign packages: their reasons and their number.
fn packages(faults: &mut Vec<String>) -> Result<(), String> {
    let manifest = read("Cargo.toml")?;
    let (chosen, without_reason) = manifest::packages(&manifest);
    faults.extend(without_reason);
    let graph = metadata(&[])?["packages"].as_array().map_or(0, Vec::len);
    let (server, agent) = (tree("tegata")?, tree(AGENT)?);
    println!(
        "packages: {} chosen, {server} in the server, {agent} in the agent ({AGENT_PACKAGES} allowed), {graph} in all",
        chosen.len()
    );
    if agent > AGENT_PACKAGES {
        faults.push(format!("{AGENT} has {agent} packages, {AGENT_PACKAGES} allowed"));
    }
    Ok(())
}

fn metadata(args: &[&str]) -> Result<Value, String> {
    let mut command = run::cargo(&["metadata", "--format-version", "1", "--locked"]);
    let json = run::capture(command.args(args))?;
    serde_json::from_str(&json).map_err(|why| format!("cargo metadata: {why}"))
}

/// How many packages are in a crate, itself among them.
fn tree(package: &str) -> Result<usize, String> {
    let text = run::capture(&mut run::cargo(&["tree", "--locked", "-p", package, "-e", "normal", "--prefix", "none"]))?;
    // A package that comes again is marked with a star.
    Ok(text.lines().map(|line| line.trim_end_matches(" (*)")).collect::<BTreeSet<_>>().len())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(run::root().join(path)).map_err(|why| format!("could not read {path}: {why}"))
}
