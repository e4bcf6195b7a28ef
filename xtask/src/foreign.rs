//! Foreign peers: `tests/foreign/*.sh`, the last ones first, each with real programs against the real server.
//!
//! A script finds `TEGATA`, `AGENT` and `STATION` (the programs), `VENV` (Python's), `PROVIDER` (another of Python's, with a
//! provider of identity), `NPM` (npm's folder) and `WORK` (a fresh folder) in its environment, prints `ok …` or
//! `not ok …` for every check, and exits non-zero on failure. A skipped check is a failed one.

use crate::tally::Tally;
use crate::{needs, run};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Scripts at once: most of their time they wait for a program.
const TOGETHER: usize = 3;
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Where the server's program lies after [`build`].
pub fn tegata() -> PathBuf {
    run::built("tegata")
}

/// Builds the programs.
pub fn build() -> Result<(), String> {
    run::pass(&mut run::workspace("build", &["--all-targets", "--quiet"]))
}

/// Runs all scripts.
pub fn part() -> Tally {
    if let Err(why) = build() {
        return Tally::failure(&why);
    }
    let scripts = match scripts(&run::root().join("tests/foreign")) {
        Ok(scripts) if !scripts.is_empty() => scripts,
        Ok(_) => return Tally::failure("tests/foreign holds no script"),
        Err(why) => return Tally::failure(&why),
    };
    let mut tally = Tally::default();
    match run::together(TOGETHER, scripts, |path| told(&path)) {
        Ok(counted) => counted.into_iter().for_each(|one| tally += one),
        Err(why) => tally += Tally::failure(&why),
    }
    tally
}

/// Runs a script; what it printed comes out in one piece, so that two at a time can be read.
fn told(path: &Path) -> Tally {
    let mut lines = Vec::new();
    let (counted, time) = run::timed(|| script(path, &mut lines));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    lines.push(format!("{:>8.1} s  {name}: {counted}", time.as_secs_f64()));
    println!("{}", lines.join("\n"));
    counted
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|why| format!("could not read {}: {why}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sh"));
    // the later ones take longest, and what begins late is waited for
    paths.sort_by(|a, b| b.cmp(a));
    Ok(paths)
}

fn script(path: &Path, said: &mut Vec<String>) -> Tally {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if !fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0) {
        return Tally::failure(&format!("{name}.sh is not executable"));
    }
    let work = match fresh(&name) {
        Ok(work) => work,
        Err(why) => return Tally::failure(&why),
    };
    let mut tally = Tally::default();
    let mut command = run::within(LIMIT, path, &[]);
    command.env("TEGATA", tegata()).env("VENV", needs::venv()).env("NPM", needs::npm()).env("WORK", &work);
    command.env("PROVIDER", needs::provider());
    command.env("AGENT", run::built("tegata-agent")).env("STATION", run::built("tegata-station"));
    let ended = run::lines(command, |line| {
        tally += check(line).unwrap_or_default();
        said.push(line.to_owned());
    });
    tally = tally.closed(&name, ended.map(|status| status.success()));
    if tally.failed == 0 {
        // What is left behind in a temporary folder is no fault of the product.
        let _ = fs::remove_dir_all(&work);
    } else {
        said.push(format!("{name}: its folder is kept at {}", work.display()));
    }
    tally
}

/// A new folder for us alone.
fn fresh(name: &str) -> Result<PathBuf, String> {
    let stem = format!("tegata-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(stem);
    DirBuilder::new().mode(0o700).create(&path).map_err(|why| format!("could not make {}: {why}", path.display()))?;
    Ok(path)
}

/// Reads one line of a script in the manner of TAP.
fn check(line: &str) -> Option<Tally> {
    let says = |word: &str| line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let skipped = line.to_ascii_lowercase().contains("# skip");
    (says("ok") || says("not ok")).then(|| Tally::one(says("ok") && !skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_scripts_are_read() {
        let held = Some(Tally::one(true));
        let failed = Some(Tally::one(false));
        let cases = [
            ("ok", held),
            ("ok 1 - enrolled", held),
            ("not ok enrolled", failed),
            ("not ok", failed),
            ("ok 2 # SKIP no openssl", failed),
            ("okay", None),
            ("# ok", None),
            ("nothing", None),
        ];
        for (line, expect) in cases {
            assert_eq!(check(line), expect, "{line}");
        }
    }
}
