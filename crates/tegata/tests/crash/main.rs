//! `kill -9` at random moments under load, more than thirty times on one data folder. Nothing that was acknowledged is
//! lost, nothing exists twice, and each log grows out of every checkpoint that anybody saw.
//!
//! A run is played again with `CRASH_SEED=…`, as far as two machines take the same time for the same work.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::disallowed_methods, reason = "it measures what a start takes, with the real clock")]

mod check;
mod field;
mod history;
mod line;
mod memory;
#[cfg(feature = "failpoint")]
mod point;
#[cfg(feature = "failpoint")]
mod story;
mod target;
#[cfg(feature = "failpoint")]
mod upgrade;

use field::{Actor, Enroller};
use history::History;
use line::Line;
use memory::Memory;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use target::Target;
use tegata_testkit::seed::Random;
use tegata_testkit::{Setup, World};

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");
/// Kills under load.
const KILLS: usize = 32;
/// Milliseconds from the begin of the load to the kill.
const MOMENT: (u64, u64) = (10, 400);
/// Every so many rounds a start is killed as well, before or after it listens.
const STARTS: usize = 4;
/// Threads that make devices.
const LINES: usize = 3;

fn target(world: &World) -> Target {
    Target::new(world.server().https, &world.first.trust, &world.first.token)
}

/// Those who work on the platform. Each knows what it asked for and was not told the answer.
struct Workers {
    lines: Vec<Line>,
    enrollers: [Enroller; 2],
    actor: Actor,
}

impl Workers {
    fn new(random: &mut Random, product: &str) -> Workers {
        let lines = (0..LINES).map(|i| Line::new(i, product, random.split())).collect();
        Workers { lines, enrollers: [Enroller::default(), Enroller::default()], actor: Actor::default() }
    }

    /// Works until the server is killed after `moment`.
    fn work(&mut self, world: &mut World, moment: Duration, seen: (&Memory, &History)) {
        // no waiting for a state: this is the moment
        let kill = |world: &mut World| {
            std::thread::sleep(moment);
            world.kill();
        };
        self.until(world, kill, seen);
    }

    /// Works until `end` ended the server.
    fn until<T>(&mut self, world: &mut World, end: impl FnOnce(&mut World) -> T, seen: (&Memory, &History)) -> T {
        let (memory, history) = seen;
        let target = target(world);
        let readers = history.readers(world.plain());
        std::thread::scope(|scope| {
            let target = &target;
            for line in &mut self.lines {
                scope.spawn(move || line.work(target, memory));
            }
            for enroller in &mut self.enrollers {
                scope.spawn(move || enroller.work(target, memory));
            }
            let actor = &mut self.actor;
            scope.spawn(move || actor.work(target, memory));
            scope.spawn(move || history.watch(&readers));
            end(world)
        })
    }
}

/// Says something past the capture of the test program: a passing test shows its counts too.
fn say(line: &str) {
    writeln!(std::io::stderr(), "crash: {line}").expect("stderr");
}

/// A start that is killed after `moment`, whether it listens by then or not.
fn kill_a_start(world: &World, moment: Duration) {
    let mut child = world.serve().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    assert!(child.try_wait().unwrap().is_none(), "the start ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn nothing_acknowledged_is_lost() {
    let seed = Random::seed("CRASH_SEED");
    say(&format!("CRASH_SEED={seed}"));
    let (begin, mut random) = (Instant::now(), Random::new(seed));
    let mut world = World::new(BINARY);
    let (memory, history) = (Memory::default(), History::begin(&world.plain()));
    let product = tegata_testkit::factory::product(&world.api(), "CRASH");
    let mut workers = Workers::new(&mut random, &product);
    let (mut starts, mut slowest) = (0, Duration::ZERO);
    for round in 0..KILLS {
        let moment = Duration::from_millis(random.between(MOMENT.0, MOMENT.1));
        workers.work(&mut world, moment, (&memory, &history));
        if round % STARTS == 0 {
            kill_a_start(&world, Duration::from_micros(random.between(0, 60_000)));
            starts += 1;
        }
        let start = Instant::now();
        world.start();
        slowest = slowest.max(start.elapsed());
        history.check(&world.plain());
    }
    let unanswered = check::finish(&mut workers.lines, &target(&world), &memory);
    let counts = check::everything(&mut world, &memory, &history);
    say(&format!(
        "{KILLS} kills under load, {starts} of starts; slowest start {} ms; {unanswered} lines unanswered at the end; \
         {counts}; {:.1} s",
        slowest.as_millis(),
        begin.elapsed().as_secs_f64()
    ));
}

/// Kills of `init`.
const INITS: u64 = 12;

/// A data folder appears whole or not at all.
#[test]
fn a_killed_init_leaves_all_or_nothing() {
    let seed = Random::seed("CRASH_SEED");
    let mut random = Random::new(seed);
    let start = Instant::now();
    drop(World::initialised(BINARY, Setup::default()));
    let whole = start.elapsed().as_micros() as u64;
    let mut appeared = 0;
    for _ in 0..INITS {
        let world = World::initialised(BINARY, Setup::default());
        std::fs::remove_dir_all(world.data()).unwrap();
        let init =
            |mut command: Command| command.arg("init").arg("--data").arg(world.data()).stdout(Stdio::null()).spawn();
        let mut child = init(world.command()).unwrap();
        std::thread::sleep(Duration::from_micros(random.between(0, whole)));
        child.kill().unwrap();
        child.wait().unwrap();
        if world.data().exists() {
            appeared += 1;
        } else {
            let again = init(world.command()).unwrap().wait().unwrap();
            assert!(again.success(), "seed {seed}: a second init after a killed one");
        }
        world.try_start().unwrap_or_else(|r| panic!("seed {seed}: the folder is not whole: {}", r.said)).terminate();
    }
    say(&format!("{INITS} kills of init within {} ms; the folder was there after {appeared}", whole / 1000));
}
