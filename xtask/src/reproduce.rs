//! `cargo xtask reproduce`: two builds from two places give the same bytes.
//!
//! Why: whoever is handed a package can make it from the sources and see that nothing else is in it.

use crate::package::{self, Order};
use crate::tally::Tally;
use crate::{no_options, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Help of `reproduce`.
pub const HELP: &str = "\
cargo xtask reproduce [--only PACKAGE]

Copies the sources to two places, builds the programs in each with the release profile, makes the Debian packages, and
compares SHA-256 of everything. Takes two full builds, and about 6 GB in target/reproduce meanwhile.

  --only PACKAGE   that program alone (tegata, tegata-agent or tegata-station), and no Debian package";

/// Every program that is handed out.
pub const PROGRAMS: [&str; 3] = ["tegata", "tegata-agent", "tegata-station"];

/// `cargo xtask reproduce`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let programs: Vec<&str> = match args {
        [option, name] if option == "--only" && PROGRAMS.contains(&name.as_str()) => vec![name],
        _ => no_options(args).map(|()| PROGRAMS.to_vec())?,
    };
    let tally = part(&programs);
    println!("{tally}");
    Ok(tally.failed == 0)
}

/// Builds these programs twice and counts what is the same; with all of them, the packages too.
pub fn part(programs: &[&str]) -> Tally {
    let places = ["reproduce/one", "reproduce/a-second-place-with-a-longer-name"].map(run::target);
    let built = places.iter().map(|place| digests(place, programs)).collect::<Result<Vec<_>, _>>();
    let tally = match built.as_deref() {
        Ok([one, two]) => compare(one, two),
        Ok(_) => Tally::failure("there are two places"),
        Err(why) => Tally::failure(why),
    };
    if tally.failed == 0 {
        // what stays of a good run is of no use, and large
        let _ = fs::remove_dir_all(run::target("reproduce"));
    }
    tally
}

/// A digest and the name of its file.
type Digest = (String, String);

fn compare(one: &[Digest], two: &[Digest]) -> Tally {
    let mut tally = Tally::default();
    for ((first, name), (second, other)) in one.iter().zip(two) {
        let same = first == second && name == other;
        println!("{} {name} is the same twice: {first} {second}", if same { "ok" } else { "not ok" });
        tally += Tally::one(same);
    }
    if one.len() != two.len() || one.is_empty() {
        tally += Tally::failure("not everything was built twice");
    }
    tally
}

/// Builds in a place of its own; SHA-256 of all that came out.
fn digests(place: &Path, programs: &[&str]) -> Result<Vec<Digest>, String> {
    let (source, target) = (place.join("source"), place.join("build"));
    copy(&source)?;
    build(&source, &target, programs)?;
    let release = target.join("release");
    let mut files: Vec<PathBuf> = programs.iter().map(|name| release.join(name)).collect();
    if programs.len() == PROGRAMS.len() {
        let order = Order { from: release, out: place.join("package") };
        files.extend(package::all(&order)?);
    }
    let sums = run::capture(run::program("sha256sum", &["--"]).args(&files))?;
    let named = |line: &str| {
        let (digest, path) = line.split_once("  ")?;
        Some((digest.to_owned(), Path::new(path).file_name()?.to_string_lossy().into_owned()))
    };
    Ok(sums.lines().filter_map(named).collect())
}

/// The sources as git knows them, with what is not committed yet.
fn copy(to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|why| format!("could not make {}: {why}", to.display()))?;
    let script = "git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create --file=- | \
                  tar --extract --file=- --directory=\"$0\"";
    run::pass(run::program("bash", &["-o", "pipefail", "-c", script]).arg(to))
}

/// Builds programs with the release profile such that no path of this machine shows in them.
#[expect(clippy::disallowed_methods, reason = "where cargo keeps its sources is said by its environment alone")]
pub fn build(source: &Path, target: &Path, programs: &[&str]) -> Result<(), String> {
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| home + "/.cargo"));
    let home = home.map_err(|_| "neither CARGO_HOME nor HOME is set")?;
    let maps = [(target.display().to_string(), "/target"), (source.display().to_string(), "/source"), (home, "/cargo")];
    let join = |flag: &str| maps.iter().map(|(from, to)| format!("{flag}={from}={to}")).collect::<Vec<_>>();
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--locked", "--quiet"]);
    command.args(programs.iter().flat_map(|name| ["--package", name]));
    // a space may stand in a path, so the flags are parted by the unit separator
    command.env("CARGO_ENCODED_RUSTFLAGS", join("--remap-path-prefix").join("\u{1f}"));
    command.env("CFLAGS", join("-ffile-prefix-map").join(" ")).env("SOURCE_DATE_EPOCH", epoch());
    command.env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", "0").current_dir(source);
    run::pass(&mut command)
}

/// The moment that everything of one state of the sources is dated with: `SOURCE_DATE_EPOCH`, or the last commit's.
#[expect(clippy::disallowed_methods, reason = "the variable is the convention of reproducible-builds.org")]
pub fn epoch() -> String {
    std::env::var("SOURCE_DATE_EPOCH").ok().filter(|text| text.parse::<u64>().is_ok()).unwrap_or_else(|| {
        let commit = run::capture(&mut run::program("git", &["log", "-1", "--format=%ct"]));
        // sources without a history: 1980, the first year that every archive can name
        commit.map_or_else(|_| "315532800".to_owned(), |seconds| seconds.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_or_is_missing_fails() {
        let file = |digest: &str| (digest.to_owned(), "a".to_owned());
        assert_eq!(compare(&[file("1")], &[file("1")]), Tally { passed: 1, failed: 0 });
        assert_eq!(compare(&[file("1")], &[file("2")]), Tally { passed: 0, failed: 1 });
        assert_eq!(compare(&[file("1")], &[]).failed, 1);
        assert_eq!(compare(&[], &[]).failed, 1);
    }
}
