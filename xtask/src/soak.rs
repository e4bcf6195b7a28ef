//! `cargo xtask soak`: the long tests, by hand: minutes to hours, some as root.
//!
//! Why a command and not a list in a document: what proves that nothing is lost is run again before every release, by
//! whoever wants to know.

use crate::reproduce::{self, PROGRAMS};
use crate::tally::{Book, Tally};
use crate::{fuzz, needs, run};
use std::process::Command;

/// Help of `soak`.
pub const HELP: &str = "\
cargo xtask soak [--only PART] [--rounds N] [--kills N] [--seconds N] [--devices N] [--dir DIR]

Runs what takes too long for every change, closes with the counts of each part and one line `N passed, N failed`.
  kills      kill -9 under load at random moments and at named points, on SQLite and on PostgreSQL; cut power, and a
             database that is away for a minute
  bed        the test bed alone: commits acknowledged by PostgreSQL under Patroni survive its faults
  cluster    three nodes on it: killed, held and cut off under load, their database too
  fuzz       each parser under libFuzzer; a run that was stopped goes on
  reproduce  programs and packages built twice, in two places
  devices    stores of 10 k, 1 M and N devices, filled and measured

  --only PART    that part alone
  --rounds N     how many times each fault comes in bed and cluster (5)
  --kills N      kills of each kind on each engine (200)
  --seconds N    seconds of the processor for each parser, earlier runs counted (600)
  --devices N    the largest store (10000000)
  --dir DIR      where the stores stay, 17 GB for ten million; without it they go afterwards

bed and cluster need root, for network namespaces of their own; nothing outside of these is touched. In all about seven
hours of two cores: four for fuzz, one and a half for devices.";

const PARTS: [&str; 6] = ["kills", "bed", "cluster", "fuzz", "reproduce", "devices"];
/// What a test says of its run begins with one of these.
const COUNTS: [&str; 4] = ["crash: ", "trouble: ", "cluster: ", "bed: "];

/// `cargo xtask soak`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let asked = Asked::read(args)?;
    let (mut book, mut counts) = (Book::default(), Vec::new());
    if book.part("needs", needed).failed > 0 {
        return Ok(book.close());
    }
    for part in PARTS.into_iter().filter(|part| asked.runs(part)) {
        book.part(part, || {
            let (tally, said) = asked.part(part);
            counts.extend(said.into_iter().map(|line| format!("{part:<10} {line}")));
            tally
        });
    }
    println!("\n== counts");
    counts.iter().for_each(|line| println!("{line}"));
    Ok(book.close())
}

fn needed() -> Tally {
    needs::install_for_soak().map_or_else(|why| Tally::failure(&why), |()| Tally::default())
}

/// One check, which holds when the program ends well, and what it said of its counts.
fn counted(name: &str, command: Command) -> (Tally, Vec<String>) {
    let mut said = Vec::new();
    let ended = run::stream_both(command, |line| {
        if COUNTS.iter().any(|word| line.starts_with(word)) {
            said.push(line.to_owned());
        }
    });
    let well = matches!(&ended, Ok(status) if status.success());
    (Tally::one(well).closed(name, ended.map(|_| true)), said)
}

struct Asked {
    only: Option<String>,
    rounds: u64,
    kills: u64,
    seconds: u64,
    devices: u64,
    dir: Option<String>,
}

impl Asked {
    fn read(args: &[String]) -> Result<Asked, String> {
        let mut asked = Asked { only: None, rounds: 5, kills: 200, seconds: 600, devices: 10_000_000, dir: None };
        let mut args = args.iter().map(String::as_str);
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} takes a value; --help tells which"))?;
            let number = || {
                value.parse().ok().filter(|n: &u64| *n > 0).ok_or_else(|| format!("{name} takes a number of 1 or more"))
            };
            match name {
                "--only" if PARTS.contains(&value) => asked.only = Some(value.to_owned()),
                "--only" => return Err(format!("--only takes one of {}", PARTS.join(", "))),
                "--rounds" => asked.rounds = number()?,
                "--kills" => asked.kills = number()?,
                "--seconds" => asked.seconds = number()?,
                "--devices" => asked.devices = number()?,
                "--dir" => asked.dir = Some(value.to_owned()),
                _ => return Err(format!("unknown option {name:?}; --help tells what there is")),
            }
        }
        Ok(asked)
    }

    fn runs(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }

    fn part(&self, part: &str) -> (Tally, Vec<String>) {
        match part {
            "kills" => self.kills(),
            "bed" => {
                let mut script = run::program(run::root().join("tests/cluster/bed-test.sh"), &[]);
                script.env("ROUNDS", self.rounds.to_string());
                counted("bed", script)
            }
            "cluster" => {
                let mut test = run::workspace("test", &["--test", "cluster"]);
                test.env("CLUSTER_ROUNDS", self.rounds.to_string());
                counted("cluster", test)
            }
            "fuzz" => {
                let (tally, table) = fuzz::until(self.seconds);
                (tally, table.lines().map(str::to_owned).collect())
            }
            "reproduce" => {
                let tally = reproduce::part(&PROGRAMS);
                (tally, vec![format!("{} files built twice are the same, {} are not", tally.passed, tally.failed)])
            }
            _ => self.devices(),
        }
    }

    /// Every way to die, on either engine.
    fn kills(&self) -> (Tally, Vec<String>) {
        let (mut tally, mut said) = (Tally::default(), Vec::new());
        // power is cut under files, and a server alone goes away
        for (engine, own) in [("sqlite", "power"), ("postgres", "vanish")] {
            let mut test = run::workspace("test", &["--features", "tegata/failpoint", "--no-fail-fast"]);
            test.args(["--test", "crash", "--test", "trouble", "--", "--include-ignored", "--test-threads", "1"]);
            test.args(["nothing_acknowledged", "a_load", "a_life", own]);
            test.env("TEGATA_TEST_ENGINE", engine).env("VANISH_SECONDS", "60");
            for variable in ["CRASH_ROUNDS", "FAULT_ROUNDS"] {
                test.env(variable, self.kills.to_string());
            }
            let (one, lines) = counted(engine, test);
            tally += one;
            said.extend(lines.into_iter().map(|line| format!("{engine}: {line}")));
        }
        (tally, said)
    }

    fn devices(&self) -> (Tally, Vec<String>) {
        let mut bench =
            run::cargo(&["run", "--release", "--package", "bench", "--", "scale", "--svg", "docs/pictures/growth.svg"]);
        bench.args(["--page", "docs/growth.md", "--devices", &self.devices.to_string()]);
        bench.args(self.dir.iter().flat_map(|dir| ["--dir", dir]));
        let (tally, _) = counted("devices", bench);
        (tally, vec![format!("{} devices at the most; the table is in docs/growth.md", self.devices)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let read = |args: &[&str]| Asked::read(&args.iter().map(|arg| (*arg).into()).collect::<Vec<_>>());
        let asked = read(&["--only", "bed", "--rounds", "3"]).unwrap_or_else(|why| panic!("{why}"));
        assert!(asked.runs("bed") && !asked.runs("cluster") && asked.rounds == 3);
        assert!(read(&[]).is_ok_and(|asked| PARTS.iter().all(|part| asked.runs(part)) && asked.kills == 200));
        for wrong in [&["--only"][..], &["--only", "nothing"], &["--rounds", "0"], &["--kills", "many"], &["fast", "1"]]
        {
            assert!(read(wrong).is_err());
        }
    }

    #[test]
    fn counts_are_kept_and_a_bad_end_shows() {
        let script = |text: &str| counted("x", run::program("bash", &["-c", text]));
        let (tally, said) = script("echo one; echo 'crash: 3 kills' >&2; echo 'bed: 2'");
        assert_eq!((tally, said), (Tally::one(true), vec!["crash: 3 kills".to_owned(), "bed: 2".to_owned()]));
        assert_eq!(script("echo 'crash: 3 kills'; exit 1").0, Tally::one(false));
    }
}
