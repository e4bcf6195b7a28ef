//! Those who work on the platform while it is hurt: lines, devices that enrol, people who act, and readers of the logs.
//! Each has a node that it likes best and goes to the next one when that does not answer.

use crate::bed::{Bed, NODES};
use crate::field::{self, Actor};
use crate::history::History;
use crate::line::Line;
use crate::memory::Memory;
use crate::target::Target;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tegata_domain::ledger::Log;
use tegata_testkit::ledger::Reader;
use tegata_testkit::seed::Random;
use tegata_testkit::{Api, factory};

/// Time between two tries, two looks, two bursts of a line.
const MOMENT: Duration = Duration::from_millis(100);
/// A line sleeps so long before each burst: what is checked at the end is read one by one.
const PAUSE: Duration = Duration::from_millis(400);
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
    /// Lines that wait for their thread, or are done.
    pub lines: Mutex<Vec<Line>>,
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
        let mut lines: Vec<Line> = (0..NODES.len()).map(|i| Line::new(i, &product, random.split())).collect();
        lines.iter_mut().for_each(|line| line.pause = PAUSE);
        let lines = Mutex::new(lines);
        let plain = NODES.iter().map(|node| bed.plain(*node)).collect();
        Load {
            targets,
            plain,
            memory: Memory::default(),
            history,
            notes: Mutex::default(),
            lines,
            turn,
            over: false.into(),
        }
    }

    /// Works for as long as `act` takes, however that ends.
    pub fn during<T>(&self, act: impl FnOnce() -> T) -> T {
        struct Ending<'a>(&'a Load);
        impl Drop for Ending<'_> {
            fn drop(&mut self) {
                self.0.over.store(true, SeqCst);
                self.0.gather();
            }
        }
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        std::thread::scope(|scope| {
            let _ending = Ending(self);
            for (home, mut line) in lines.into_iter().enumerate() {
                scope.spawn(move || {
                    self.each_turn(home, |target| line.work(target, &self.memory));
                    self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                });
            }
            scope.spawn(|| self.enrol());
            scope.spawn(|| self.act());
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
