//! What anybody may see of a device: the public look-up.

use crate::challenge::Signed;
use crate::device::{Condition, Stage, Stamp};
use crate::disposal::Erasure;
use crate::id::ProductRow;
use crate::number::Number;
use crate::product::Product;
use crate::scan::Seen;
use crate::time::Timestamp;
use std::sync::Arc;

/// The answer in one word. Law 9: never "fake", never "safe".
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The number is in the register.
    Registered,
    /// It is in the register, but something keeps the platform from vouching for it.
    CannotConfirm,
    /// Something was reported about it.
    Reported,
    /// Its maker called it back.
    Recalled,
    /// Its life ended.
    Ended,
}

/// The one thing to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Todo {
    /// Nothing.
    Nothing,
    /// Ask the maker: the line never confirmed it.
    AskMaker,
    /// Ask the owner: it is held.
    AskOwner,
    /// Follow the recall.
    FollowRecall,
    /// Install the security release that waits.
    Update,
    /// Replace it: no more security updates.
    Replace,
    /// Do not use it again.
    DoNotUse,
}

/// A stamp as the page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamped {
    /// The stage.
    pub stage: Stage,
    /// When; `None` where it was not reached.
    pub at: Option<Timestamp>,
    /// The life event behind it; `None` where it is presumed or not reached.
    pub sequence: Option<u32>,
    /// Whether that event is under a published checkpoint, and can be proven.
    pub proved: bool,
    /// Whether that event was erased: nobody can open its commitment any more.
    pub erased: bool,
}

/// What a look-up reads of a device: no more than it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// What it is.
    pub product: ProductRow,
    /// Where it stands.
    pub stage: Stage,
    /// How it is.
    pub condition: Condition,
    /// Whether its line confirmed it.
    pub confirmed: bool,
    /// The owner period that it is in.
    pub period: u32,
    /// Its last life event: sequence number and commitment.
    pub head: (u32, [u8; 32]),
    /// The stamps that it has.
    pub stamps: Vec<Stamp>,
    /// Whether there may be more to read: look-ups that were counted, or a question to it.
    pub looked: bool,
}

/// A device as anybody may see it.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Its management number.
    pub number: Number,
    /// What it is.
    pub product: Arc<Product>,
    /// Its maker's name.
    pub maker: Arc<str>,
    /// Where it stands.
    pub stage: Stage,
    /// How it is.
    pub condition: Condition,
    /// The six stamps.
    pub stamps: [Stamped; 6],
    /// Its last life event: sequence number and commitment, the signed head of later releases.
    pub head: (u32, [u8; 32]),
    /// How many of its events are under a published checkpoint.
    pub proved: u32,
    /// The answer in one word.
    pub answer: Answer,
    /// What to do next.
    pub todo: Todo,
    /// Of a device whose life ended: who confirmed that its secrets are gone.
    pub erasure: Option<Erasure>,
    /// How often its code was seen.
    pub seen: Seen,
    /// Whether it signed now.
    pub signed: Signed,
    /// What the page alone tells.
    pub beside: Beside,
    /// When this was looked up.
    pub at: Timestamp,
}

/// What the page of a device tells, and answers for programs do not: it takes reads of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    /// The software that it runs, and since when it says so.
    pub running: Option<(String, Timestamp)>,
    /// How that release stands to the newest; `None` where the register does not know it.
    pub waiting: Option<Waiting>,
    /// When its maker called it back.
    pub recalled_at: Option<Timestamp>,
    /// A report about it waits for its owner and its maker.
    pub reported: bool,
    /// Whether the question to it came from where the page is read.
    pub asked_here: bool,
    /// Time between two of its signs of life, in minutes.
    pub beat_minutes: u64,
}

/// How what a device runs stands to the newest release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// No release closes weaknesses that this one has.
    Nothing,
    /// The version of one that does.
    Release(String),
}

impl Lookup {
    /// What `device` shows to anybody, with its events up to `proved` under a published checkpoint.
    pub fn of(
        device: &Glance,
        number: Number,
        (product, maker): (Arc<Product>, Arc<str>),
        proved: u32,
        at: Timestamp,
    ) -> Self {
        let stamps = Stage::ALL.map(|stage| {
            let stamp = device.stamps.iter().find(|s| s.stage == stage);
            let sequence = stamp.and_then(|s| s.sequence);
            let proved = sequence.is_some_and(|s| s <= proved);
            Stamped { stage, at: stamp.map(|s| s.at), sequence, proved, erased: false }
        });
        let (answer, todo) = judge(device, &product, at);
        Lookup {
            number,
            product,
            maker,
            stage: device.stage,
            condition: device.condition,
            stamps,
            head: device.head,
            proved,
            answer,
            todo,
            erasure: None,
            seen: Seen::of(None, device.period),
            signed: Signed::NotAsked,
            beside: Beside::default(),
            at,
        }
    }

    /// The same with what the page tells beside; a security release that waits is the thing to do, where nothing else is.
    pub fn with(mut self, beside: Beside) -> Self {
        if self.todo == Todo::Nothing && matches!(beside.waiting, Some(Waiting::Release(_))) {
            self.todo = Todo::Update;
        }
        self.beside = beside;
        self
    }

    /// Whether somebody may ask it to sign: not where services do not admit it, so that it could not answer.
    pub fn can_sign(&self) -> bool {
        let admitted = matches!(self.condition, Condition::Well | Condition::Suspect);
        admitted && matches!(self.stage, Stage::Installed | Stage::InUse)
    }

    /// The same, where these events were erased: their commitments stand in the ledger, but prove nothing any more.
    pub fn without(mut self, erased: &[u32]) -> Self {
        for stamp in self.stamps.iter_mut().filter(|stamp| stamp.sequence.is_some_and(|s| erased.contains(&s))) {
            (stamp.proved, stamp.erased) = (false, true);
        }
        self
    }
}

fn judge(device: &Glance, product: &Product, now: Timestamp) -> (Answer, Todo) {
    if device.stage == Stage::Retired {
        return (Answer::Ended, Todo::DoNotUse);
    }
    match device.condition {
        Condition::Recalled => (Answer::Recalled, Todo::FollowRecall),
        Condition::Quarantined => (Answer::CannotConfirm, Todo::AskOwner),
        Condition::Suspect => (Answer::Reported, Todo::AskMaker),
        Condition::Well if !device.confirmed => (Answer::CannotConfirm, Todo::AskMaker),
        Condition::Well if now.month() > product.support_end => (Answer::Registered, Todo::Replace),
        Condition::Well => (Answer::Registered, Todo::Nothing),
    }
}
