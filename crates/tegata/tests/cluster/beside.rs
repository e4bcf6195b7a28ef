//! The node beside a primary that is cut off, which clients still reach: it acknowledges nothing, and once another node
//! acknowledged a change it gives no old answer for longer than the bound. What it does not answer, it puts off in words
//! that say when to come back.

use crate::bed::{Bed, NODES};
use crate::fleet::{self, Member, STALE};
use crate::load::Load;
use crate::target::Target;
use serde_json::json;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tegata_testkit::api::Message;
use tegata_testkit::{Answer, Api, wait};

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(50);
/// What nobody may commit to is not read for longer than this (`LEADS` in crates/store/src/lease.rs), and what a node
/// does until it sees that.
const LEADS: Duration = Duration::from_secs(12);

/// One answer.
struct Given {
    /// When it was asked for.
    asked: Instant,
    status: u16,
    /// Whether it told of what was before the change.
    old: bool,
}

/// What was seen over all cuts.
#[derive(Default)]
pub struct Told {
    /// How long after the cut anything was read, at most.
    read: Duration,
    /// Answers that put off.
    put_off: usize,
    /// Writes that were tried.
    writes: usize,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { read, put_off, writes } = self;
        let read = read.as_secs_f64();
        write!(
            f,
            "the node beside a primary that was cut off read for {read:.1} s at most, put {put_off} questions off and \
             acknowledged none of {writes} writes"
        )
    }
}

impl Told {
    /// Takes another cut in.
    pub fn add(&mut self, other: Told) {
        self.read = self.read.max(other.read);
        self.put_off += other.put_off;
        self.writes += other.writes;
    }
}

/// What is asked, by its name.
type Question<'a> = (&'static str, Box<dyn Fn() -> Option<Answer> + Send + 'a>);

/// A device in the field, and the node that will be cut off.
pub struct Beside {
    node: usize,
    target: Target,
    subject: Member,
}

impl Beside {
    /// Before the cut.
    pub fn new(node: usize, load: &Load) -> Beside {
        let target = load.targets[node - 1].clone();
        let unit = wait::until("a device beside the primary", || load.memory.take());
        let identity = wait::until("it enrols", || fleet::enrol(&target, &load.memory, &unit));
        let mut subject = Member::new(&unit.number, identity, &load.targets);
        wait::until("it is heard", || subject.round(&target));
        Beside { node, target, subject }
    }

    fn questions(&self) -> Vec<Question<'_>> {
        let (number, api) = (&self.subject.number, &self.target.api);
        let device = Api::https(self.target.at, "localhost", &self.target.trust).identity(&self.subject.identity);
        let get = |api: Api, path: String| {
            move || api.send(Message::new("GET", path.clone()).header("accept", "application/json")).ok()
        };
        vec![
            ("look-up", Box::new(get(api.clone(), format!("/d/{number}")))),
            ("poll", Box::new(get(device, format!("/DEFAULT/controller/v1/{number}")))),
            ("API", Box::new(get(api.clone(), format!("/api/v1/devices/{number}")))),
        ]
    }

    /// Asks and writes while `cut` happens, which says in `at` when it was done, until another node acknowledged a
    /// change, and longer.
    pub fn watch<T>(self, bed: &Bed, load: &Load, at: &OnceLock<Instant>, cut: impl FnOnce() -> T) -> (Told, T) {
        let over = AtomicBool::new(false);
        let ended = || over.load(SeqCst);
        std::thread::scope(|scope| {
            let asking: Vec<_> = self
                .questions()
                .into_iter()
                .map(|(what, question)| (what, scope.spawn(move || ask(&question, ended))))
                .collect();
            let writing = scope.spawn(|| self.write(ended));
            let outcome = cut();
            let struck = *at.get().expect("it was cut");
            let changed = self.change(load, struck);
            // no state to wait for: nothing may come any more
            std::thread::sleep(STALE * 2);
            over.store(true, SeqCst);
            let mut told = Told::default();
            for (what, asker) in asking {
                judge(what, &asker.join().unwrap(), (struck, changed), &mut told);
            }
            for (asked, status) in writing.join().unwrap() {
                assert!(
                    asked < struck || status == 503,
                    "node {}: a write beside a primary that is cut off: {status}",
                    self.node
                );
                told.writes += usize::from(asked >= struck);
            }
            assert!(told.writes > 0 && told.put_off > 0, "nothing was tried");
            let leads = bed.leader();
            assert_ne!(leads, self.node, "another one leads");
            (told, outcome)
        })
    }

    /// Another node holds the subject: when that was acknowledged.
    fn change(&self, load: &Load, struck: Instant) -> Instant {
        let path = format!("/api/v1/devices/{}/quarantine", self.subject.number);
        let mut others = NODES.iter().filter(|node| **node != self.node).cycle();
        loop {
            let target = &load.targets[others.next().expect("there are others") - 1];
            if target.ask(Message::new("POST", path.clone()).json(&json!({})), 200).is_ok() {
                return Instant::now();
            }
            assert!(struck.elapsed() < Duration::from_secs(150), "no other node acknowledges anything");
            std::thread::sleep(PAUSE);
        }
    }

    /// Writes over and over: when each was asked for, and its status. 0 where nothing was answered.
    fn write(&self, ended: impl Fn() -> bool) -> Vec<(Instant, u16)> {
        let mut given = Vec::new();
        while !ended() {
            let asked = Instant::now();
            let message = Message::new("POST", "/api/v1/tokens").json(&json!({ "name": "beside", "role": "operator" }));
            let answer = self.target.api.send(message);
            answer.as_ref().ok().into_iter().for_each(put_off);
            given.push((asked, answer.map_or(0, |answer| answer.status)));
            std::thread::sleep(PAUSE);
        }
        given
    }
}

/// Whoever is put off is told when to come back.
fn put_off(answer: &Answer) {
    let later = answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0);
    assert!(answer.status != 503 || later, "503 without Retry-After: {}", answer.text());
}

fn ask(question: &dyn Fn() -> Option<Answer>, ended: impl Fn() -> bool) -> Vec<Given> {
    let mut given = Vec::new();
    while !ended() {
        let asked = Instant::now();
        if let Some(answer) = question() {
            put_off(&answer);
            // the subject was well before the change; to its polls there is another answer since
            let old = answer.status == 200 && !answer.text().contains("quarantined");
            given.push(Given { asked, status: answer.status, old });
        }
        std::thread::sleep(PAUSE);
    }
    given
}

fn judge(what: &str, given: &[Given], (struck, changed): (Instant, Instant), told: &mut Told) {
    for Given { asked, status, old } in given {
        assert!(matches!(status, 200 | 403 | 429 | 503), "{what}: {status}");
        assert!(
            !old || *asked <= changed + STALE,
            "{what}: an old answer {:?} after the change",
            asked.duration_since(changed)
        );
        if *status == 200 {
            told.read = told.read.max(asked.saturating_duration_since(struck));
        }
        told.put_off += usize::from(*status == 503);
    }
    assert!(told.read <= LEADS, "{what}: read for {:?} after the cut", told.read);
    let last = given.last().map(|given| given.status);
    assert_eq!(last, Some(503), "{what}: what is cut off puts off");
}
