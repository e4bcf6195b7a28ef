//! One act on many devices: chosen by a filter, looked at one by one, confirmed by a count, done one by one.
//!
//! ```text
//! gathering ──► ready ──► running ──► finished
//!     │           │        │   ▲
//!     └───────────┴──► stopped ┘ by who may do the act herself
//! ```
//! Why the choice is kept device by device: what was shown is what is done, whatever a filter would take a minute later.
//! Invariant: only devices that stood in what was confirmed are touched, each at most once, and none once it is stopped.

use crate::device::{Condition, DeviceError, Stage};
use crate::filter::Filter;
use crate::id::{AccountRow, BulkRow, DeviceRow, OrganisationRow, ProductRow, Uuid};
use crate::permit::{Operation, Refusal, Right};
use crate::time::Timestamp;
use std::time::Duration;

/// The most devices that one bulk looks at.
const MOST: u64 = 1_000_000;
/// Bulks of one organisation that are not over.
pub const OPEN_MAX: u32 = 20;
/// How long what was gathered may be confirmed: what is older has to be looked at anew.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How long it is kept after its end.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// Where a bulk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum BulkState {
    /// Its devices are being looked at; none is touched.
    Gathering = 0,
    /// It waits for a person who confirms it.
    Ready,
    /// Its devices are being touched.
    Running,
    /// It goes on only when a person says so.
    Stopped,
    /// No device waits in it any more.
    Finished,
}

impl BulkState {
    /// All, in the order of their codes.
    pub const ALL: [BulkState; 5] =
        [BulkState::Gathering, BulkState::Ready, BulkState::Running, BulkState::Stopped, BulkState::Finished];

    /// Its word in the API.
    pub fn name(self) -> &'static str {
        ["gathering", "ready", "running", "stopped", "finished"][self as usize]
    }
}

/// Why a bulk stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Halt {
    /// A person stopped it.
    Person = 0,
    /// The token or login that it rested on ended, or its holder may not do this any more.
    Right,
    /// The filter takes more devices than a bulk may have.
    Many,
}

impl Halt {
    /// All, in the order of their codes.
    pub const ALL: [Halt; 3] = [Halt::Person, Halt::Right, Halt::Many];

    /// Its word in the API.
    pub fn name(self) -> &'static str {
        ["person", "right", "many"][self as usize]
    }
}

/// What becomes of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// It is to be touched.
    Waiting = 0,
    /// It was.
    Done,
    /// Passed over: the act would change nothing.
    Already,
    /// Passed over: its life has ended.
    Retired,
    /// Passed over: its line never confirmed it.
    Unconfirmed,
    /// Passed over: it is quarantined or recalled.
    Held,
    /// Passed over: it is not quarantined.
    NotQuarantined,
    /// Passed over: it is past that stage.
    TooLate,
    /// Passed over: only its owner may.
    NotOwner,
    /// Passed over: only its maker may.
    NotMaker,
    /// Passed over: it went to others meanwhile.
    Gone,
    /// Passed over: other requests kept changing it.
    Busy,
}

impl Outcome {
    /// All, in the order of their codes.
    pub const ALL: [Outcome; 12] = [
        Outcome::Waiting,
        Outcome::Done,
        Outcome::Already,
        Outcome::Retired,
        Outcome::Unconfirmed,
        Outcome::Held,
        Outcome::NotQuarantined,
        Outcome::TooLate,
        Outcome::NotOwner,
        Outcome::NotMaker,
        Outcome::Gone,
        Outcome::Busy,
    ];

    /// Its word in files and in the API.
    pub fn name(self) -> &'static str {
        [
            "waiting",
            "done",
            "already",
            "retired",
            "unconfirmed",
            "held",
            "not_quarantined",
            "too_late",
            "not_owner",
            "not_maker",
            "gone",
            "busy",
        ][self as usize]
    }

    /// Whether the device is left as it is.
    pub fn is_passed(self) -> bool {
        self > Outcome::Done
    }

    /// Why a life refuses the act.
    pub fn of_life(error: &DeviceError) -> Outcome {
        match error {
            DeviceError::Retired => Outcome::Retired,
            DeviceError::Unconfirmed | DeviceError::NotVoid => Outcome::Unconfirmed,
            DeviceError::Held(_) => Outcome::Held,
            DeviceError::TooLate(_) => Outcome::TooLate,
            DeviceError::NotQuarantined(_) => Outcome::NotQuarantined,
        }
    }

    /// Why the right to a device is refused; `None` where the actor may do this to no device at all.
    pub fn of_refusal(refusal: &Refusal) -> Option<Outcome> {
        match refusal {
            Refusal::NotFound => Some(Outcome::Gone),
            Refusal::NotOwner => Some(Outcome::NotOwner),
            Refusal::NotMaker => Some(Outcome::NotMaker),
            Refusal::NoCredential | Refusal::Role { .. } | Refusal::Kind(_) | Refusal::Device => None,
        }
    }
}

/// A bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// Row.
    pub row: BulkRow,
    /// Outward id.
    pub uid: Uuid,
    /// Whose.
    pub organisation: OrganisationRow,
    /// Whose act it is: a person, where it rests on a login.
    pub account: Option<AccountRow>,
    /// What it rests on.
    pub right: Right,
    /// The right of the act.
    pub operation: Operation,
    /// Why.
    pub reason: String,
    /// Which devices it was to look at.
    pub filter: Filter,
    /// None that was made after this one.
    pub upto: DeviceRow,
    /// How far it looked.
    pub cursor: DeviceRow,
    /// Where it is.
    pub state: BulkState,
    /// Why it stopped.
    pub halt: Option<Halt>,
    /// How many are where.
    pub counts: BulkCounts,
    /// How often its state moved.
    pub moves: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When all its devices had been looked at.
    pub gathered_at: Option<Timestamp>,
    /// When it was confirmed.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

/// How many devices of a bulk are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BulkCounts {
    /// To be touched, as they were looked at.
    pub chosen: u64,
    /// Passed over then.
    pub left: u64,
    /// Touched.
    pub done: u64,
    /// To be touched, and passed over when their turn came.
    pub passed: u64,
}

impl BulkCounts {
    /// Those that wait.
    pub fn waiting(&self) -> u64 {
        self.chosen.saturating_sub(self.done + self.passed)
    }

    /// All that were looked at.
    pub fn looked(&self) -> u64 {
        self.chosen + self.left
    }
}

/// Why a bulk does not do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    /// Its devices are still being looked at.
    #[error("its devices are still being looked at; look again in a moment")]
    Gathering,
    /// It began before.
    #[error("it was started already")]
    Started,
    /// It is over.
    #[error("it is over; begin a new one")]
    Over,
    /// No device would be touched.
    #[error("it would touch no device")]
    Nobody,
    /// Another count was typed.
    #[error("it would touch {0} devices, which is not what was confirmed; type the number as it is shown")]
    Count(u64),
    /// It was looked at too long ago.
    #[error("its devices were looked at more than a day ago; begin a new one, which looks at them anew")]
    Old,
    /// It never began.
    #[error("it was never started; confirm it first")]
    NotStarted,
}

impl BulkError {
    /// Its closer name, for pages that have words of their own.
    pub fn case(&self) -> &'static str {
        match self {
            BulkError::Gathering => "bulk.gathering",
            BulkError::Started => "bulk.started",
            BulkError::Over => "bulk.over",
            BulkError::Nobody => "bulk.nobody",
            BulkError::Count(_) => "bulk.count",
            BulkError::Old => "bulk.old",
            BulkError::NotStarted => "bulk.not_started",
        }
    }
}

impl Bulk {
    /// Who confirms it types how many devices it touches. From then on it rests on that right.
    pub fn start(
        self,
        count: u64,
        (right, account): (Right, Option<AccountRow>),
        now: Timestamp,
    ) -> Result<Bulk, BulkError> {
        match (self.state, self.gathered_at) {
            (BulkState::Gathering, _) => return Err(BulkError::Gathering),
            (BulkState::Running, _) => return Err(BulkError::Started),
            (BulkState::Stopped | BulkState::Finished, _) => return Err(BulkError::Over),
            (BulkState::Ready, Some(at)) if now.since(at) < CONFIRM_WITHIN => {}
            (BulkState::Ready, _) => return Err(BulkError::Old),
        }
        match self.counts.chosen {
            0 => Err(BulkError::Nobody),
            chosen if chosen != count => Err(BulkError::Count(chosen)),
            _ => Ok(Bulk { state: BulkState::Running, started_at: Some(now), right, account, ..self }),
        }
    }

    /// It touches no further device. A second time changes nothing.
    pub fn stop(self, halt: Halt, now: Timestamp) -> Result<Bulk, BulkError> {
        match self.state {
            BulkState::Stopped => Ok(self),
            BulkState::Finished => Err(BulkError::Over),
            _ => Ok(Bulk { state: BulkState::Stopped, halt: Some(halt), ended_at: Some(now), ..self }),
        }
    }

    /// It goes on with those that wait, resting on the right of who says so. While it runs, nothing changes.
    pub fn resume(self, (right, account): (Right, Option<AccountRow>)) -> Result<Bulk, BulkError> {
        match self.state {
            BulkState::Running => Ok(self),
            BulkState::Stopped if self.started_at.is_some() => {
                Ok(Bulk { state: BulkState::Running, halt: None, ended_at: None, right, account, ..self })
            }
            BulkState::Finished => Err(BulkError::Over),
            _ => Err(BulkError::NotStarted),
        }
    }

    /// No device waits any more.
    pub fn finish(self, now: Timestamp) -> Bulk {
        Bulk { state: BulkState::Finished, ended_at: Some(now), ..self }
    }

    /// Whether it would look at more devices than it may.
    pub fn is_full(&self) -> bool {
        self.counts.looked() >= MOST
    }
}

/// Where devices of a bulk stood when they were looked at, and what is to become of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BulkPlace {
    /// What they are.
    pub product: ProductRow,
    /// Where they were in their lives.
    pub stage: Stage,
    /// How they were.
    pub condition: Condition,
    /// What is to become of them.
    pub outcome: Outcome,
}

/// One write of a bulk. Each has a guard in the store.
#[derive(Debug, Clone)]
pub enum BulkWrite {
    /// A new one; its organisation has room for it.
    New(Box<Bulk>),
    /// Devices that were looked at; it gathers still, and its cursor stands where it was.
    Gather(Gathered),
    /// Its next state; it is still at the move the decision was made on.
    Step(Box<Bulk>),
    /// What became of a device that waits; it runs.
    Device(BulkRow, DeviceRow, Outcome),
}

/// Devices that were looked at.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// Of which bulk.
    pub bulk: BulkRow,
    /// The cursor before.
    pub from: DeviceRow,
    /// The cursor after.
    pub to: DeviceRow,
    /// The devices, each with what is to become of it.
    pub devices: Vec<(DeviceRow, Outcome)>,
    /// How many stood where.
    pub places: Vec<(BulkPlace, u64)>,
    /// When that was all of them.
    pub all_at: Option<Timestamp>,
}

#[cfg(test)]
#[path = "bulk_tests.rs"]
mod tests;
