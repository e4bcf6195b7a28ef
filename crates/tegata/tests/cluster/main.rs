//! Three nodes on one PostgreSQL that is taken over, killed and cut off, while they are killed, held and cut off
//! themselves, under load. Nothing that was acknowledged is lost or there twice, no permit is overrun, and whatever
//! checkpoint any node ever showed is a beginning of the log at the end.
//!
//! Needs root, for network namespaces (`tests/cluster/bed.sh`). `CLUSTER_ROUNDS` says how many times each fault comes;
//! a run is played again with `CLUSTER_SEED=…`, as far as two machines take the same time for the same work.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::disallowed_methods, reason = "it measures what a takeover takes, with the real clock")]
#![allow(dead_code, reason = "the load is that of the crash test, which uses more of it")]

mod bed;
mod beside;
#[path = "../crash/check.rs"]
mod check;
mod end;
mod fault;
#[path = "../crash/field.rs"]
mod field;
mod fleet;
mod fresh;
#[path = "../crash/history.rs"]
mod history;
#[path = "../crash/line.rs"]
mod line;
mod load;
#[path = "../crash/memory.rs"]
mod memory;
#[path = "../crash/target.rs"]
mod target;

use bed::Bed;
use fault::Fault;
use load::Load;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tegata_testkit::seed::Random;

/// Says it at once.
fn say(line: &str) {
    println!("cluster: {line}");
}

/// Outside of the bed: sets it up, runs this program in its hub, and takes it down.
fn main() {
    if let Some(folder) = std::env::var_os("CLUSTER_BED") {
        return inside(PathBuf::from(folder));
    }
    let folder = tempfile::Builder::new().prefix("tegata-bed-").tempdir().unwrap().keep();
    let act = |args: &[&str]| bed::script(&folder).args(args).status().unwrap().success();
    let this = std::env::current_exe().unwrap();
    let well = act(&["up"]) && {
        let mut inner = bed::script(&folder);
        inner.arg("run").arg(this).env("CLUSTER_BED", &folder).status().unwrap().success()
    };
    if well {
        act(&["down"]);
    } else {
        act(&["end"]);
        say(&format!("failed; the logs of all programs are in {}", folder.display()));
    }
    std::process::exit(i32::from(!well));
}

fn inside(folder: PathBuf) {
    let (seed, begin) = (Random::seed("CLUSTER_SEED"), Instant::now());
    let rounds: usize = std::env::var("CLUSTER_ROUNDS").map_or(1, |text| text.parse().expect("a number of rounds"));
    say(&format!("CLUSTER_SEED={seed}"));
    let mut random = Random::new(seed);
    let verifier = verifier(&folder);
    let bed = Bed::begin(folder);
    let load = Load::new(&bed, &mut random);
    let (seen, worst) = load.during(&bed, || {
        let (mut seen, mut worst) = (fault::Seen::default(), fresh::Worst::default());
        for round in 0..rounds {
            fresh::measure(&bed, &load, round, &mut worst);
            let mut faults = Fault::ALL.to_vec();
            while !faults.is_empty() {
                let next = faults.remove(random.between(0, faults.len() as u64 - 1) as usize);
                fault::play(next, &bed, &load, &mut seen);
            }
            say(&format!("round {} of {rounds} has ended", round + 1));
        }
        (seen, worst)
    });
    let counts = end::check(&bed, &load, &verifier);
    say(&format!("{worst}"));
    say(&format!("{rounds} × {} faults; {seen}; {counts}; {:.0} s", Fault::ALL.len(), begin.elapsed().as_secs_f64()));
}

/// The foreign verifier of logs, built.
fn verifier(folder: &Path) -> PathBuf {
    let program = folder.join("verifier");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign/tlog/main.go");
    let mut go = std::process::Command::new("go");
    go.args(["build", "-o"]).arg(&program).arg(source);
    go.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode");
    assert!(go.status().expect("apt-get install golang-go golang-golang-x-mod-dev").success(), "the verifier builds");
    program
}
