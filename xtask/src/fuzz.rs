//! The fuzz targets under libFuzzer: builds them with coverage and address checks, runs two at a time, and tells of each
//! how far it came.
//!
//! Why a wrapper of the compiler and not `cargo fuzz`: it takes the stable toolchain, and only our own crates are built
//! a second time (ADR 25). Invariant: what a run finds lies in a file before anything is said of it.

use crate::run;
use crate::tally::Tally;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Help of `fuzz`.
pub const HELP: &str = "\
cargo xtask fuzz [--seconds N | --total N] [--only TARGET] [--keep] [--json]

Builds the fuzz targets (crate fuzz) with coverage and address checks on the stable toolchain, and runs each of them
for N seconds, two at a time: first over its kept corpus fuzz/corpus/TARGET, then on from there. Prints runs, seconds of
the processor, coverage, inputs of the corpus and findings of each. An input that breaks a target is a finding; its file
is named, and docs/how-to/fuzz-a-parser.md tells what to do with it. Exit code 0 only when nothing was found.

  --seconds N     for each target; 10 when nothing is said
  --total N       until each target had N seconds of the processor, earlier runs of this target folder counted: a run
                  of hours may be stopped and goes on
  --only TARGET   that one alone
  --keep          puts what reached new code into the kept corpus, as small as libFuzzer can make it
  --json          one object on the last line, instead of the table";

/// What is read of the command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    seconds: u64,
    total: Option<u64>,
    /// Where chance begins; elsewhere each time when nothing is said.
    seed: Option<u32>,
    only: Option<String>,
    keep: bool,
    json: bool,
}

/// How one target fared.
#[derive(Debug, Default)]
struct Outcome {
    target: String,
    /// Inputs that were tried, and how long.
    spent: Spent,
    /// Edges of code that were reached.
    coverage: u64,
    /// Inputs that reached something of their own.
    corpus: u64,
    /// Files with inputs that broke it.
    findings: Vec<String>,
    /// Why it did not run.
    failed: Option<String>,
}

/// What a target had.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Spent {
    runs: u64,
    /// Milliseconds of the processor.
    time: u64,
}

impl Spent {
    fn and(self, more: Spent) -> Spent {
        Spent { runs: self.runs + more.runs, time: self.time + more.time }
    }

    /// What is written down of earlier runs; nothing where nothing can be read.
    fn load(path: &Path) -> Spent {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap_or(0));
        Spent { runs: numbers.next().unwrap_or(0), time: numbers.next().unwrap_or(0) }
    }

    fn save(self, path: &Path) -> Result<(), String> {
        let text = format!("{} {}\n", self.runs, self.time);
        fs::write(path, text).map_err(|why| format!("could not write {}: {why}", path.display()))
    }
}

/// Targets at once: a fuzzer holds one core.
const TOGETHER: usize = 2;
/// Seconds of a longer run after which its time is written down.
const SLICE: u64 = 60;
/// Seconds for one input; more is a finding.
const SLOW: u64 = 10;
/// Bytes that one allocation may have, in MB: inputs have some kB.
const ALLOCATION_MB: u64 = 64;
/// Bytes that are kept of one corpus, besides the files that somebody named.
const KEPT: u64 = 24 * 1024;

/// `cargo xtask fuzz`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let options = options(args)?;
    let outcomes = all(&options)?;
    if options.json {
        println!("{}", object(&outcomes));
    } else {
        print!("{}", table(&outcomes));
    }
    Ok(outcomes.iter().all(Outcome::held))
}

/// The short run of CI: each target a check. It tries the same inputs each time, so that what it finds is of the change
/// and is found again by whoever looks; the long run is the one that goes where nobody was.
pub fn part() -> Tally {
    counted(&Options { seconds: 2, seed: Some(1), ..Options::default() }).0
}

/// The long run: each target until it had so many seconds of the processor. The table of all, too.
pub fn until(total: u64) -> (Tally, String) {
    counted(&Options { total: Some(total), ..Options::default() })
}

fn counted(options: &Options) -> (Tally, String) {
    match all(options) {
        Err(why) => (Tally::failure(&why), String::new()),
        Ok(outcomes) => {
            let (mut tally, table) = (Tally::default(), table(&outcomes));
            print!("{table}");
            outcomes.iter().for_each(|outcome| tally += Tally::one(outcome.held()));
            (tally.closed("fuzz", Ok(true)), table)
        }
    }
}

fn options(args: &[String]) -> Result<Options, String> {
    let mut options = Options { seconds: 10, ..Options::default() };
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
    let mut rest = args.iter().map(String::as_str);
    while let Some(arg) = rest.next() {
        match arg {
            "--keep" => options.keep = true,
            "--json" => options.json = true,
            "--only" => options.only = Some(rest.next().ok_or("--only takes the name of a target")?.into()),
            "--seconds" => options.seconds = number(rest.next()).ok_or("--seconds takes a number of 1 or more")?,
            "--total" => options.total = Some(number(rest.next()).ok_or("--total takes a number of 1 or more")?),
            _ => return Err(format!("unknown option {arg:?}; --help tells what there is")),
        }
    }
    Ok(options)
}

fn all(options: &Options) -> Result<Vec<Outcome>, String> {
    let mut targets = targets()?;
    if let Some(only) = &options.only {
        if !targets.contains(only) {
            return Err(format!("no target {only:?}; there are {}", targets.join(", ")));
        }
        targets.retain(|name| name == only);
    }
    let program = build()?;
    let mut outcomes = run::together(TOGETHER, targets, |target| {
        let outcome = one(&program, &target, options);
        let Spent { runs, time } = outcome.spent;
        eprintln!("fuzz: {target}: {runs} runs in {:.1} s", seconds(time));
        outcome
    })?;
    outcomes.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(outcomes)
}

/// Every folder of the kept corpus is one; a test of the crate holds them together with the code.
fn targets() -> Result<Vec<String>, String> {
    let folder = run::root().join("fuzz/corpus");
    let entries = fs::read_dir(&folder).map_err(|why| format!("could not read {}: {why}", folder.display()))?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// Builds the one program that holds all targets. The workspace as a whole is named, so that packages have the features
/// that they have everywhere else.
pub fn build() -> Result<PathBuf, String> {
    let wrapper = run::root().join("fuzz/rustc.sh");
    let cargo = |more: &[&str]| {
        let mut cargo = run::workspace("build", &["--bin", "fuzz", "--features", "fuzz/libfuzzer"]);
        cargo.args(more).env("RUSTC_WORKSPACE_WRAPPER", &wrapper).env("CARGO_INCREMENTAL", "0");
        cargo
    };
    // once to see what is wrong, and once more, when all of it is there, to learn where it lies
    run::pass(&mut cargo(&["--quiet"]))?;
    let output = run::capture(&mut cargo(&["--quiet", "--message-format", "json"]))?;
    let built = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == "fuzz").then(|| message["executable"].as_str().map(PathBuf::from))?
    };
    output.lines().find_map(built).ok_or_else(|| "cargo built no program named fuzz".into())
}

/// A folder for what a run leaves behind.
fn place(program: &Path, part: &str) -> Result<PathBuf, String> {
    let path = program.with_file_name("fuzzed").join(part);
    fs::create_dir_all(&path).map_err(|why| format!("could not make {}: {why}", path.display()))?;
    Ok(path)
}

fn one(program: &Path, target: &str, options: &Options) -> Outcome {
    let failed = |why: String| Outcome { target: target.into(), failed: Some(why), ..Outcome::default() };
    match fuzz(program, target, options) {
        Ok(outcome) => outcome,
        Err(why) => failed(why),
    }
}

fn fuzz(program: &Path, target: &str, options: &Options) -> Result<Outcome, String> {
    let noted = place(program, "spent")?.join(target);
    let mut all = Spent::load(&noted);
    let mut here = options.total.map_or_else(Spent::default, |_| all);
    let mut outcome = loop {
        let left = options.total.map(|total| (total * 1000).saturating_sub(here.time).div_ceil(1000).clamp(1, SLICE));
        let slice = slice(program, target, left.unwrap_or(options.seconds), options.seed)?;
        (all, here) = (all.and(slice.spent), here.and(slice.spent));
        all.save(&noted)?;
        if !slice.held() || options.total.is_none_or(|total| here.time >= total * 1000) {
            break slice;
        }
    };
    outcome.spent = here;
    if options.keep && outcome.held() {
        let grown = place(program, &format!("corpus/{target}"))?;
        keep(program, target, (&grown, &run::root().join("fuzz/corpus").join(target)))?;
    }
    Ok(outcome)
}

/// One run of libFuzzer.
fn slice(program: &Path, target: &str, seconds: u64, seed: Option<u32>) -> Result<Outcome, String> {
    let (found, grown) = (place(program, &format!("found/{target}"))?, place(program, &format!("corpus/{target}"))?);
    let kept = run::root().join("fuzz/corpus").join(target);
    // the shell's own clock tells the processor's time; a busy machine gives less of it than the clock on the wall says
    let timed = "TIMEFORMAT='stat::processor_seconds: %3U'; time \"$0\" \"$@\"";
    // whatever else runs comes first
    let niced = ["-n", "10", "bash", "-c", timed];
    let mut command = run::within(Duration::from_secs(seconds * 2 + 120), "nice", &niced);
    command.arg(program).args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={SLOW}"),
        format!("-malloc_limit_mb={ALLOCATION_MB}"),
        format!("-artifact_prefix={}/", found.display()),
    ]);
    // 0 is chance
    command.arg(format!("-seed={}", seed.unwrap_or(0)));
    command.args(["-print_final_stats=1", "-detect_leaks=0"]).args([&grown, &kept]).env("TARGET", target);
    let output = command.output().map_err(|why| format!("could not run {}: {why}", program.display()))?;
    let log = String::from_utf8_lossy(&output.stderr);
    let mut outcome = Outcome { target: target.into(), ..read(&log) };
    outcome.findings = files(&found).iter().map(|path| path.display().to_string()).collect();
    if !output.status.success() && outcome.findings.is_empty() {
        outcome.failed = Some(format!("it ended with {}: {}", output.status, log.lines().last().unwrap_or_default()));
    }
    Ok(outcome)
}

/// Reads the closing lines of libFuzzer.
fn read(log: &str) -> Outcome {
    let after = |line: &str, word: &str| {
        let rest = line.split_once(word)?.1.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let last = |word: &str| log.lines().rev().find_map(|line| after(line, word)).unwrap_or(0);
    let time = log.lines().rev().find_map(|line| line.strip_prefix("stat::processor_seconds:"));
    let time = time.map(|seconds| seconds.trim().replace('.', "")).and_then(|digits| digits.parse().ok());
    Outcome {
        spent: Spent { runs: last("stat::number_of_executed_units:"), time: time.unwrap_or(0) },
        coverage: last(" cov:"),
        corpus: last(" corp:"),
        ..Outcome::default()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}

/// What libFuzzer named by its digest; the rest was named by somebody and stays.
fn is_by_digest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The smallest inputs that reach what the grown corpus reaches, as many as there is room for.
fn keep(program: &Path, target: &str, (grown, kept): (&Path, &Path)) -> Result<(), String> {
    let merged = place(program, &format!("merged/{target}"))?;
    let failed = |why: std::io::Error| format!("could not keep the corpus of {target}: {why}");
    files(&merged).iter().try_for_each(fs::remove_file).map_err(failed)?;
    let mut command = run::within(Duration::from_secs(600), program, &["-merge=1", "-detect_leaks=0"]);
    command.args([&merged, kept, grown]).env("TARGET", target);
    let output = command.output().map_err(failed)?;
    if !output.status.success() {
        return Err(format!("the corpus of {target} was not merged: {}", output.status));
    }
    files(kept).iter().filter(|path| is_by_digest(path)).try_for_each(fs::remove_file).map_err(failed)?;
    let named: Vec<Vec<u8>> = files(kept).iter().filter_map(|path| fs::read(path).ok()).collect();
    let mut inputs: Vec<(u64, PathBuf)> =
        files(&merged).into_iter().filter_map(|path| Some((path.metadata().ok()?.len(), path))).collect();
    inputs.sort();
    let mut room = KEPT;
    for (size, path) in inputs {
        if size > room || fs::read(&path).is_ok_and(|bytes| named.contains(&bytes)) {
            continue;
        }
        room -= size;
        fs::copy(&path, kept.join(path.file_name().unwrap_or_default())).map_err(failed)?;
    }
    Ok(())
}

impl Outcome {
    fn held(&self) -> bool {
        self.findings.is_empty() && self.failed.is_none()
    }
}

fn seconds(time: u64) -> f64 {
    time as f64 / 1000.0
}

fn sum(outcomes: &[Outcome]) -> Spent {
    outcomes.iter().fold(Spent::default(), |sum, outcome| sum.and(outcome.spent))
}

fn table(outcomes: &[Outcome]) -> String {
    let mut text =
        format!("{:<18}{:>9}{:>14}{:>10}{:>8}{:>10}\n", "target", "seconds", "runs", "coverage", "corpus", "findings");
    for Outcome { target, spent, coverage, corpus, findings, failed } in outcomes {
        let (time, runs) = (seconds(spent.time), spent.runs);
        text += &format!("{target:<18}{time:>9.1}{runs:>14}{coverage:>10}{corpus:>8}{:>10}\n", findings.len());
        findings.iter().for_each(|path| text += &format!("  not ok {target}: {path}\n"));
        failed.iter().for_each(|why| text += &format!("  not ok {target}: {why}\n"));
    }
    let Spent { runs, time } = sum(outcomes);
    let broken = outcomes.iter().filter(|outcome| !outcome.held()).count();
    let least = outcomes.iter().map(|outcome| outcome.spent.time).min().unwrap_or(0);
    let (all, least) = (seconds(time), seconds(least));
    text + &format!(
        "{} targets, {runs} runs in {all:.0} s of the processor, {least:.0} at the least; {broken} broken\n",
        outcomes.len()
    )
}

fn object(outcomes: &[Outcome]) -> Value {
    let one = |o: &Outcome| {
        json!({
            "target": o.target, "seconds": seconds(o.spent.time), "runs": o.spent.runs, "coverage": o.coverage,
            "corpus": o.corpus, "findings": o.findings, "failed": o.failed,
        })
    };
    let broken = outcomes.iter().filter(|outcome| !outcome.held()).count();
    let all = sum(outcomes);
    json!({
        "targets": outcomes.iter().map(one).collect::<Vec<_>>(), "runs": all.runs, "seconds": seconds(all.time),
        "broken": broken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_are_read() {
        let log = "#2\tINITED cov: 11 ft: 12 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                   #99\tDONE   cov: 345 ft: 678 corp: 23/9Kb lim: 4 exec/s: 50 rss: 31Mb\n\
                   Done 99 runs in 2 second(s)\nstat::number_of_executed_units: 99\nstat::average_exec_per_sec:     49\n\
                   stat::processor_seconds: 1.987\n";
        let outcome = read(log);
        assert_eq!((outcome.coverage, outcome.corpus), (345, 23));
        assert_eq!(outcome.spent, Spent { runs: 99, time: 1987 });
        assert_eq!(read("").spent, Spent::default());
    }

    #[test]
    fn options_are_read() {
        let read = |args: &[&str]| options(&args.iter().map(|arg| (*arg).into()).collect::<Vec<String>>());
        let some = read(&["--seconds", "3", "--only", "x509", "--json"]).unwrap();
        assert_eq!(some, Options { seconds: 3, only: Some("x509".into()), json: true, ..Options::default() });
        assert_eq!(read(&["--total", "600"]).unwrap().total, Some(600));
        assert!(
            read(&["--seconds", "0"]).is_err()
                && read(&["--total"]).is_err()
                && read(&["--only"]).is_err()
                && read(&["--fast"]).is_err()
        );
    }

    #[test]
    fn what_somebody_named_is_no_digest() {
        assert!(is_by_digest(Path::new("a/da39a3ee5e6b4b0d3255bfef95601890afd80709")));
        assert!(!is_by_digest(Path::new("a/openssl-p256.der")));
    }
}
