//! `kill -9` at random moments under load, more than thirty times on one data folder. Nothing that was acknowledged is
//! lost, nothing exists twice, and each log grows out of every checkpoint that anybody saw.
//!
//! A moment comes after so much was acknowledged: a slow machine, or an engine that is slower, does the same work for it. A
//! run is played again with `CRASH_SEED=…`, as far as threads take turns in the same way; `CRASH_ROUNDS=200` kills more
//! often.
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
use tegata_testkit::{Setup, World, postgres, wait};

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");
/// Kills under load, when nothing is said.
const KILLS: usize = 32;
/// What is acknowledged before a kill.
const ACTS: (u64, u64) = (0, 160);
/// Microseconds from there to the kill.
const PAUSE: (u64, u64) = (0, 40_000);
/// Every so many rounds a start is killed as well, before or after it listens; and every so many the sequencer is met at
/// work, however long a dead one's lease goes on.
const STARTS: usize = 4;
/// Threads that make devices.
const LINES: usize = 3;

fn target(world: &World) -> Target {
    Target::new(world.server().https, &world.first.trust, &world.first.token)
}

/// Kills under load.
fn kills() -> usize {
    std::env::var("CRASH_ROUNDS").ok().map_or(KILLS, |text| text.parse().expect("CRASH_ROUNDS is a number"))
}

/// The engine that is tested.
fn engine() -> &'static str {
    if postgres::is_chosen() { "PostgreSQL" } else { "SQLite" }
}

/// When a server is killed.
struct Moment {
    /// After so much was acknowledged,
    acts: usize,
    /// a checkpoint was seen that nobody had seen before,
    sealed: bool,
    /// and this time passed.
    pause: Duration,
}

impl Moment {
    fn of(random: &mut Random, round: usize) -> Moment {
        let acts = random.between(ACTS.0, ACTS.1) as usize;
        let pause = Duration::from_micros(random.between(PAUSE.0, PAUSE.1));
        Moment { acts, sealed: round % STARTS == 1, pause }
    }

    fn wait(&self, (memory, history): (&Memory, &History)) {
        let wanted = memory.known().count() + self.acts;
        let seen = history.count();
        wait::until("so much is acknowledged", || (memory.known().count() >= wanted).then_some(()));
        if self.sealed {
            wait::until("a new checkpoint", || (history.count() > seen).then_some(()));
        }
        std::thread::sleep(self.pause);
    }
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

    /// Works until the server is killed at `moment`.
    fn work(&mut self, world: &mut World, moment: &Moment, seen: (&Memory, &History)) {
        // before anybody works: what comes from here on counts
        let kill = |world: &mut World| {
            let came = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| moment.wait(seen)));
            // those who work leave off in either case
            world.kill();
            came.unwrap_or_else(|why| std::panic::resume_unwind(why));
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
    let kills = kills();
    for round in 0..kills {
        let moment = Moment::of(&mut random, round);
        workers.work(&mut world, &moment, (&memory, &history));
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
    let counts = check::everything(&mut world, &memory, &history, kills);
    tell(&format!("random kills on {}", engine()), &[(kills, "kills under load"), (starts, "kills of starts")]);
    tell("", &counts);
    tell(
        "",
        &[(unanswered, "lines unanswered at the end"), (slowest.as_millis() as usize, "ms for the slowest start")],
    );
    say(&format!("{:.1} s", begin.elapsed().as_secs_f64()));
}

/// Says counts, a line each.
fn tell(of: &str, counts: &[(usize, &str)]) {
    if !of.is_empty() {
        say(&format!("{of}:"));
    }
    counts.iter().for_each(|(count, what)| say(&format!("{count} {what}")));
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
    let (mut appeared, mut refused) = (0, 0);
    for _ in 0..INITS {
        let world = World::initialised(BINARY, Setup::default());
        std::fs::remove_dir_all(world.data()).unwrap();
        let init = |mut command: Command, store: &Option<String>| {
            command.args(store.iter().flat_map(|url| ["--store", url]));
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        let command = || {
            let mut command = world.command();
            command.arg("init").arg("--data").arg(world.data());
            command
        };
        let store = postgres::chosen();
        let mut child = init(command(), &store);
        std::thread::sleep(Duration::from_micros(random.between(0, whole)));
        child.kill().unwrap();
        child.wait().unwrap();
        if world.data().exists() {
            appeared += 1;
        } else if !init(command(), &store).wait().unwrap().success() {
            // the database is whole already, and holds keys that the folder would have opened
            assert!(store.is_some(), "seed {seed}: a second init after a killed one");
            let again = init(command(), &postgres::chosen()).wait().unwrap();
            assert!(again.success(), "seed {seed}: a second init, into a database that is empty");
            refused += 1;
        }
        world.try_start().unwrap_or_else(|r| panic!("seed {seed}: the folder is not whole: {}", r.said)).terminate();
    }
    say(&format!(
        "{INITS} kills of init on {} within {} ms; the folder was there after {appeared}, a database without one after \
         {refused}",
        engine(),
        whole / 1000
    ));
}
