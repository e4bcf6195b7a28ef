//! Those who work on the platform while it is hurt: lines, devices that enrol, people who act, a fleet in the field with
//! its campaigns, copies of devices, and readers of the logs and of what is written down of devices.
//! Each has a node that it likes best and goes to the next one when that does not answer.

use crate::bed::{Bed, NODES};
use crate::field::{self, Actor};
use crate::fleet::{self, Campaigner, Member, Twin};
use crate::history::History;
use crate::line::Line;
use crate::memory::Memory;
use crate::target::Target;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tegata_domain::ledger::Log;
use tegata_testkit::ledger::Reader;
use tegata_testkit::seed::Random;
use tegata_testkit::{Api, factory};

/// Time between two tries, two looks, two bursts of a line.
const MOMENT: Duration = Duration::from_millis(100);
/// A line sleeps so long before each burst: what is checked at the end is read one by one.
const PAUSE: Duration = Duration::from_secs(1);
/// Devices of the fleet for each node.
const EACH: usize = 6;
/// Time between two copies of devices.
const COPIES: Duration = Duration::from_secs(5);
/// Time between two looks at what is written down of devices, and at a campaign.
const LOOK: Duration = Duration::from_secs(1);
/// Checkpoints are kept as they were signed, for the foreign verifier, at most so many a log.
const NOTES: usize = 500;

/// The load, and what it knows.
pub struct Load {
    /// One for each node.
    pub targets: Vec<Target>,
    plain: Vec<Api>,
    /// What was acknowledged.
    pub memory: Memory,
    /// Every checkpoint that any node showed.
    pub history: History,
    /// Some of them as they were signed, by log and size.
    pub notes: Mutex<[BTreeMap<u64, String>; 2]>,
    /// The product of the lines.
    pub product: String,
    /// Lines that wait for their thread, or are done.
    pub lines: Mutex<Vec<Line>>,
    /// The fleet, in parts that wait for their thread, or are done.
    pub fleet: Mutex<Vec<Vec<Member>>>,
    /// What brings its releases to the fleet.
    pub campaigner: Mutex<Campaigner>,
    /// Numbers of devices that were copied, and found out.
    pub twins: Mutex<Vec<String>>,
    /// Times at which devices were last heard from that were seen to stay or grow.
    pub grown: AtomicUsize,
    turn: Arc<AtomicU64>,
    over: AtomicBool,
}

impl Load {
    /// One line a node; nobody works yet.
    pub fn new(bed: &Bed, random: &mut Random) -> Load {
        let turn = Arc::<AtomicU64>::default();
        let targets: Vec<Target> =
            NODES.iter().map(|node| Target { turn: Arc::clone(&turn), ..bed.target(*node) }).collect();
        let history = History::begin(&bed.plain(NODES[0]));
        let product = factory::product(&targets[0].api, "CLUSTER");
        let memory = Memory::default();
        let (updated, fleet) = fleet::fleet(&targets, &memory, EACH);
        let numbers = fleet.iter().flatten().map(|member: &Member| member.number.clone()).collect();
        let mut lines: Vec<Line> = (0..NODES.len()).map(|i| Line::new(i, &product, random.split())).collect();
        lines.iter_mut().for_each(|line| line.pause = PAUSE);
        let lines = Mutex::new(lines);
        let plain = NODES.iter().map(|node| bed.plain(*node)).collect();
        Load {
            targets,
            plain,
            memory,
            history,
            notes: Mutex::default(),
            product,
            lines,
            fleet: Mutex::new(fleet),
            campaigner: Mutex::new(Campaigner::new(&updated, numbers)),
            twins: Mutex::default(),
            grown: AtomicUsize::new(0),
            turn,
            over: false.into(),
        }
    }

    /// Works for as long as `act` takes, however that ends.
    pub fn during<T>(&self, bed: &Bed, act: impl FnOnce() -> T) -> T {
        struct Ending<'a>(&'a Load);
        impl Drop for Ending<'_> {
            fn drop(&mut self) {
                self.0.over.store(true, SeqCst);
                self.0.gather();
            }
        }
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        let fleet = std::mem::take(&mut *self.fleet.lock().unwrap_or_else(PoisonError::into_inner));
        std::thread::scope(|scope| {
            let _ending = Ending(self);
            for (home, mut line) in lines.into_iter().enumerate() {
                scope.spawn(move || {
                    self.each_turn(home, |target| line.work(target, &self.memory));
                    self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                });
            }
            for (home, mut part) in fleet.into_iter().enumerate() {
                scope.spawn(move || {
                    self.each_turn(home, |target| self.live(target, &mut part));
                    self.fleet.lock().unwrap_or_else(PoisonError::into_inner).push(part);
                });
            }
            scope.spawn(|| self.enrol());
            scope.spawn(|| self.act());
            scope.spawn(|| self.update());
            scope.spawn(|| self.copy());
            scope.spawn(|| self.heard(bed));
            for plain in &self.plain {
                scope.spawn(|| self.watch(plain));
            }
            act()
        })
    }

    /// Everybody goes back to the node that it likes best.
    pub fn gather(&self) {
        self.turn.fetch_add(1, SeqCst);
    }

    /// Lines acknowledged so far, by node.
    pub fn acknowledged(&self) -> Vec<u64> {
        self.targets.iter().map(|target| target.acknowledged.load(SeqCst)).collect()
    }

    fn is_over(&self) -> bool {
        self.over.load(SeqCst)
    }

    /// Works on one node after the other, from `home` on, and from `home` again in each turn.
    fn each_turn(&self, home: usize, mut work: impl FnMut(&Target)) {
        let mut tries = 0;
        while !self.is_over() {
            let target = Target { began: self.turn.load(SeqCst), ..self.targets[(home + tries) % NODES.len()].clone() };
            work(&target);
            tries = if target.is_over() { 0 } else { tries + 1 };
            std::thread::sleep(MOMENT);
        }
    }

    fn enrol(&self) {
        let mut cut = None;
        self.each_turn(1, |target| {
            while let Some(unit) = cut.take().or_else(|| self.memory.take()).filter(|_| !target.is_over()) {
                cut = field::enrol(target, &self.memory, unit);
                if cut.is_some() {
                    return;
                }
                std::thread::sleep(MOMENT);
            }
        });
    }

    fn act(&self) {
        let mut actor = Actor::default();
        self.each_turn(2, |target| {
            while let Some(unit) = self.memory.take().filter(|_| !target.is_over()) {
                if field::act(target, &self.memory, &unit).is_none() || actor.register(target, &self.memory).is_none() {
                    return;
                }
                std::thread::sleep(MOMENT);
            }
        });
    }

    /// A part of the fleet lives, device after device, until it is put off.
    fn live(&self, target: &Target, part: &mut [Member]) {
        while !target.is_over() {
            for member in &mut *part {
                if target.is_over() || member.round(target).is_none() {
                    return;
                }
                std::thread::sleep(MOMENT);
            }
        }
    }

    /// Campaign after campaign.
    fn update(&self) {
        self.each_turn(1, |target| {
            let mut campaigner = self.campaigner.lock().unwrap_or_else(PoisonError::into_inner);
            while !target.is_over() && campaigner.go_on(target).is_some() {
                std::thread::sleep(LOOK);
            }
        });
    }

    /// Copy after copy, each until it is found out.
    fn copy(&self) {
        let (mut unit, mut twin, mut next) = (None, None, Instant::now());
        self.each_turn(2, |target| {
            while !target.is_over() {
                std::thread::sleep(MOMENT);
                if twin.is_none() {
                    if next.elapsed() < COPIES {
                        continue;
                    }
                    unit = unit.take().or_else(|| self.memory.take());
                    let Some(known) = &unit else { continue };
                    let Some(identity) = fleet::enrol(target, &self.memory, known) else { return };
                    twin = Some(Twin::new(&known.number, &identity, &self.targets));
                }
                if twin.as_mut().is_some_and(|twin| twin.go_on(target).is_none()) {
                    return;
                }
                let found = twin.take().map(|twin| twin.number);
                self.twins.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
                (unit, next) = (None, Instant::now());
            }
        });
        // the present one is found out too
        if let Some(twin) = &mut twin {
            twin.go_on(&self.targets[0]).expect("all is well at the end");
            self.twins.lock().unwrap_or_else(PoisonError::into_inner).push(twin.number.clone());
        }
    }

    /// When devices were last heard from only grows, whichever node writes it down.
    fn heard(&self, bed: &Bed) {
        let mut known = HashMap::new();
        while !self.is_over() {
            std::thread::sleep(LOOK);
            for row in bed.rows("select device, at from seen").unwrap_or_default() {
                let (device, at) = row.split_once('|').expect("two columns");
                let at: i64 = at.parse().expect("a time is a number");
                let before = known.insert(device.to_owned(), at).unwrap_or(at);
                assert!(at >= before, "device {device} was last heard from at {before}, then at {at}");
                self.grown.fetch_add(1, SeqCst);
            }
        }
    }

    /// Looks at both logs of one node.
    fn watch(&self, plain: &Api) {
        let readers = Log::ALL.map(|log| Reader::new(plain.clone(), log, &self.history.keys));
        while !self.is_over() {
            for reader in &readers {
                self.look(reader);
            }
            std::thread::sleep(MOMENT);
        }
    }

    /// Remembers the checkpoint that a node shows, if it shows one; its size.
    pub fn look(&self, reader: &Reader) -> Option<u64> {
        let (checkpoint, note) = reader.glance()?;
        self.history.remember(reader.log(), checkpoint.size, checkpoint.root);
        let notes = &mut self.notes.lock().unwrap_or_else(PoisonError::into_inner)[reader.log() as usize];
        if notes.len() < NOTES {
            notes.insert(checkpoint.size, note);
        }
        Some(checkpoint.size)
    }
}
