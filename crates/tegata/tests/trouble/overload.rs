//! More than it can carry: what is too much is refused at once and told when to come again, and what is let in is quick.
//!
//! The server has one core, those who ask have another: else they would only be measured against each other.

use crate::handles::wrapped;
use crate::load::{Maker, Met, Same, look_ups, run};
use crate::stand::Stand;
use crate::{alone, say};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// This process keeps off the first core until it is dropped.
pub struct Aside(usize);

impl Aside {
    pub fn step() -> Aside {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if cores > 1 {
            pin(&format!("1-{}", cores - 1));
        }
        Aside(cores)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        pin(&format!("0-{}", self.0 - 1));
    }
}

fn pin(cores: &str) {
    // a thread that ends while it is looked at makes taskset fail: once more then
    let pinned = || Command::new("taskset").args(["-acp", cores, &std::process::id().to_string()]).output();
    let done = (0..20).any(|_| pinned().expect("taskset (Debian: util-linux)").status.success());
    assert!(done, "the threads of this process cannot be pinned to {cores}");
}

/// A stand whose server has the first core.
pub fn stand(environment: &[(&str, &str)]) -> Stand {
    let folder = tempfile::tempdir().unwrap();
    let program = wrapped(folder.path(), "taskset -c 0");
    let stand = Stand::of(&program, |world| world.set_environment(environment));
    // it runs already, and is not started again
    drop(folder);
    stand
}

/// Memory of a process, in megabytes: now, and the most it ever had.
fn memory(pid: u32) -> [u64; 2] {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    })
}

/// What each of the three asks met.
struct Mix {
    looks: Met,
    polls: Met,
    makes: Met,
}

const LINES: usize = 16;

fn mix(stand: &Stand, [looks, polls, makes]: [usize; 3], time: Duration, pause: Duration) -> Mix {
    std::thread::scope(|scope| {
        let look = scope.spawn(move || look_ups(stand, looks, time, pause));
        let poll = scope.spawn(move || run(polls, time, pause, |_| Same::open(stand, stand.poll_message())));
        let whose = (stand.world.first.token.as_str(), stand.batch.as_str());
        // serials of their own: keys are new each time
        static TIMES: AtomicUsize = AtomicUsize::new(0);
        let name = TIMES.fetch_add(1, Relaxed);
        let make = move || run(makes, time, pause, |i| Maker::open(stand, whose, &format!("load-{name}-{i}"), LINES));
        let make = scope.spawn(make);
        Mix { looks: look.join().unwrap(), polls: poll.join().unwrap(), makes: make.join().unwrap() }
    })
}

impl Mix {
    fn each(&self) -> [(&'static str, &Met); 3] {
        [("look-ups", &self.looks), ("polls", &self.polls), ("lines", &self.makes)]
    }

    fn tell(&self, when: &str, time: Duration) {
        for (name, met) in self.each() {
            let rate = |count: usize| count as f64 / time.as_secs_f64();
            say(&format!(
                "{when}: {name}: {:.0}/s accepted, p99 {:.1?}; {:.0}/s refused",
                rate(met.count()),
                if met.count() > 0 { met.p99() } else { Duration::ZERO },
                rate(met.refused),
            ));
        }
    }
}

/// Connections for look-ups, polls and lines that keep the server busy.
const FULL: [usize; 3] = [2, 2, 2];
/// Far more than three times that: each asks again as soon as it was answered or refused.
const OVER: [usize; 3] = [90, 30, 24];
/// What was let in is answered by then, 99 times of 100. On a machine with nothing else to do it is far less.
const BOUND: Duration = Duration::from_millis(1500);
/// By then it is as before.
const RECOVERED: Duration = Duration::from_secs(5);
/// Megabytes that the load may take.
const GROWTH: u64 = 64;

/// Between two requests of somebody who is in no hurry.
const CALM: Duration = Duration::from_millis(5);

#[test]
fn three_times_too_much_is_refused_and_what_is_let_in_is_quick() {
    let _alone = alone();
    let stand = stand(&[
        ("TEGATA_LIMITS_DEVICE_PER_SECOND", "0"),
        ("TEGATA_LIMITS_LOOKUPS_PER_SECOND", "0"),
        ("TEGATA_LIMITS_SHARE_PERCENT", "100"),
        ("TEGATA_LIMITS_STREAMS", "8"),
    ]);
    let _aside = Aside::step();
    let pid = stand.world.server().pid();
    let second = Duration::from_secs(1);
    let calm = mix(&stand, [1, 1, 1], 2 * second, CALM);
    calm.tell("calm", 2 * second);
    let full = mix(&stand, FULL, 3 * second, Duration::ZERO);
    full.tell("as much as it carries", 3 * second);
    let [was, _] = memory(pid);
    let over = mix(&stand, OVER, 4 * second, Duration::ZERO);
    over.tell("far more", 4 * second);
    let [_, most] = memory(pid);
    for ((name, over), (_, calm)) in over.each().into_iter().zip(calm.each()) {
        assert!(over.strange.is_empty(), "{name}: {:?}", over.strange.first());
        let ratio = over.p99().as_secs_f64() / calm.p99().as_secs_f64();
        say(&format!("far more: {name}: p99 is {ratio:.0} times that of calm"));
        assert!(over.p99() < BOUND, "{name}: p99 of what was let in: {:?}", over.p99());
    }
    assert!(over.makes.refused > 0, "what is too much is refused");
    assert!(most < was + GROWTH, "{was} MB, then {most} MB");
    let end = Instant::now();
    let path = format!("/d/{}", stand.unit.number);
    let answered = || (0..20).all(|_| stand.world.public().get(&path).status == 200).then_some(());
    tegata_testkit::wait::until("nothing is shed any more", answered);
    let back = end.elapsed();
    assert!(back < RECOVERED, "it sheds for {back:?} after the load");
    let after = mix(&stand, [1, 1, 1], 2 * second, CALM);
    after.tell("calm again", 2 * second);
    for ((name, after), (_, calm)) in after.each().into_iter().zip(calm.each()) {
        assert!(after.refused == 0 && after.strange.is_empty(), "{name}: {after:?}");
        let back = after.p99() < 5 * calm.p99() || after.p99() < BOUND / 4;
        assert!(back, "{name}: p99 {:?}, calm it was {:?}", after.p99(), calm.p99());
    }
    say(&format!("it sheds for {back:.1?} after the load; memory {was} MB, at most {most} MB"));
}
