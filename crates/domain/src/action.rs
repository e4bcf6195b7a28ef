//! Actions: one device's way through one campaign, from the offer to the version that it reports.
//!
//! Why here: "installed" is what a device says, "done" is what it runs; the difference is this state machine.
//! Invariant: an action that is closed stays as it is; only a reported version makes one *done*.

use crate::id::{ActionRow, CampaignRow, DeviceRow, ReleaseRow};
use crate::time::Timestamp;
use std::time::Duration;

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ActionState {
    /// Waits for the consent of the device or its user.
    Confirming = 0,
    /// The device may fetch it.
    Offered,
    /// The device read what to install.
    Retrieved,
    /// It downloads.
    Downloading,
    /// It has the file.
    Downloaded,
    /// It installs.
    Installing,
    /// It said that it succeeded; what it runs after its restart is awaited.
    Installed,
    /// It reported the version.
    Done,
    /// It failed, or fell back to another version.
    Failed,
    /// It began and fell silent past its deadline. It may still come back.
    Overdue,
    /// It was asked to stop.
    Cancelling,
    /// It stopped, or never began.
    Cancelled,
}

impl ActionState {
    /// All, in the order of their codes.
    pub const ALL: [ActionState; 12] = [
        ActionState::Confirming,
        ActionState::Offered,
        ActionState::Retrieved,
        ActionState::Downloading,
        ActionState::Downloaded,
        ActionState::Installing,
        ActionState::Installed,
        ActionState::Done,
        ActionState::Failed,
        ActionState::Overdue,
        ActionState::Cancelling,
        ActionState::Cancelled,
    ];

    /// Its word in the API, and the name of its counter in the store.
    pub fn name(self) -> &'static str {
        [
            "confirming",
            "offered",
            "retrieved",
            "downloading",
            "downloaded",
            "installing",
            "installed",
            "done",
            "failed",
            "overdue",
            "cancelling",
            "cancelled",
        ][self as usize]
    }

    /// Nothing follows any more.
    pub fn is_closed(self) -> bool {
        matches!(self, ActionState::Done | ActionState::Failed | ActionState::Cancelled)
    }

    /// The device works on it, so that it takes a place among those that update at once.
    pub fn is_busy(self) -> bool {
        self.is_out() || self == ActionState::Cancelling
    }

    /// It began and its end is open.
    pub fn is_out(self) -> bool {
        use ActionState::*;
        matches!(self, Retrieved | Downloading | Downloaded | Installing | Installed)
    }

    /// The device has not begun.
    pub fn is_waiting(self) -> bool {
        matches!(self, ActionState::Confirming | ActionState::Offered)
    }
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Row; in decimal, DDI's action id.
    pub row: ActionRow,
    /// Whose.
    pub device: DeviceRow,
    /// Of which campaign.
    pub campaign: CampaignRow,
    /// Of which of its groups, from 1.
    pub group: u32,
    /// What is to be installed.
    pub release: ReleaseRow,
    /// Where it stands.
    pub state: ActionState,
    /// Whether the device must not put it off.
    pub forced: bool,
    /// Whether the campaign asks for consent.
    pub consent: bool,
    /// How long the device may be silent once it has begun.
    pub span: Duration,
    /// Moves that it made; the version that changes are decided on.
    pub moves: u32,
    /// Messages of the device.
    pub entries: u32,
    /// Since when it is offered.
    pub offered_at: Timestamp,
    /// When the device first read what to install.
    pub begun_at: Option<Timestamp>,
    /// When the device said that it succeeded.
    pub installed_at: Option<Timestamp>,
    /// When it is overdue, unless the device is heard of; `None` before it begins and after it ends.
    pub deadline: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Steps done, of so many, as the device counts them.
    pub progress: Option<(u32, u32)>,
    /// The last status code that the device gave.
    pub code: Option<i64>,
    /// Why it failed or was cancelled, where that is known here.
    pub reason: Option<&'static str>,
}

/// What a device is doing (DDI `execution`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// It ended.
    Closed,
    /// It is at work.
    Proceeding,
    /// It gave up.
    Canceled,
    /// It will begin.
    Scheduled,
    /// It does not want to.
    Rejected,
    /// It goes on.
    Resumed,
    /// It downloads.
    Download,
    /// It has the file.
    Downloaded,
}

/// How it ended (DDI `result.finished`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finished {
    /// Well.
    Success,
    /// Badly.
    Failure,
    /// Not yet, or not said.
    None,
}

/// What a device says of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// What it is doing.
    pub execution: Execution,
    /// How it ended.
    pub finished: Finished,
    /// A status code of its own.
    pub code: Option<i64>,
    /// Messages; at most 50.
    pub details: Vec<String>,
    /// Steps done, of so many.
    pub progress: Option<(u32, u32)>,
}

impl Feedback {
    /// It decides the action; such a message is always taken.
    pub fn is_final(&self) -> bool {
        matches!(self.execution, Execution::Closed | Execution::Canceled)
    }
}

/// Why a step does not fit an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// It is in another phase; for the device it is not there.
    #[error("this action is in another phase")]
    Phase,
    /// It ended.
    #[error("this action is closed")]
    Closed,
    /// Too many messages.
    #[error("an action takes {ENTRIES_MAX} messages; only a final one is taken now")]
    TooMany,
    /// Nobody asked it to stop.
    #[error("this action is not being cancelled")]
    NotCancelling,
}

/// The most messages of one action.
pub const ENTRIES_MAX: u32 = 1000;
/// A device that goes on reporting has so many spans of silence in all.
pub const SPANS_MAX: u32 = 48;

/// Why an action failed: the device runs another version than it installed.
pub const FELL_BACK: &str = "fell back to another version";
/// Why an action failed: the device said so.
pub const REPORTED: &str = "reported by the device";
/// Why an action was cancelled: its campaign ended before the device began.
pub const WITHDRAWN: &str = "the campaign ended";
/// Why an action was cancelled: a newer release took its place.
pub const SUPERSEDED: &str = "superseded by a newer release";
/// Why an action was cancelled: the device stopped it.
pub const STOPPED: &str = "stopped by the device";
/// Why an action was cancelled: the device changed hands, or its life ended.
pub const LEFT: &str = "the device left its owner, or its life ended";
/// Every reason, in the order of their codes in the store.
pub const REASONS: [&str; 6] = [FELL_BACK, REPORTED, WITHDRAWN, SUPERSEDED, STOPPED, LEFT];

impl Action {
    fn to(mut self, state: ActionState, now: Timestamp) -> Self {
        self.state = state;
        if state.is_closed() {
            (self.closed_at, self.deadline) = (Some(now), None);
        }
        self
    }

    fn closed(mut self, state: ActionState, reason: &'static str, now: Timestamp) -> Self {
        self.reason = Some(reason);
        self.to(state, now)
    }

    /// The device was heard of: its time begins anew, as long as it has any.
    fn heard(mut self, now: Timestamp) -> Self {
        let begun = *self.begun_at.get_or_insert(now);
        let last = begun.plus(self.span * SPANS_MAX);
        self.deadline = Some(now.plus(self.span).min(last));
        self
    }

    /// What the device still sees of it: nothing once it said that it succeeded.
    pub fn is_open_to_device(&self) -> bool {
        !self.state.is_closed() && self.installed_at.is_none()
    }

    /// The device reads what to install. A second time changes nothing.
    pub fn retrieve(self, now: Timestamp) -> Result<Self, ActionError> {
        if !self.is_open_to_device() {
            return Err(ActionError::Phase);
        }
        match self.state {
            ActionState::Confirming | ActionState::Cancelling => Err(ActionError::Phase),
            ActionState::Offered => Ok(self.to(ActionState::Retrieved, now).heard(now)),
            _ => Ok(self),
        }
    }

    /// The device answers. Success is only *installed*: what it runs is told by the version that it reports.
    pub fn answer(mut self, feedback: &Feedback, now: Timestamp) -> Result<Self, ActionError> {
        let late = self.state == ActionState::Done && self.installed_at.is_none();
        if late && (feedback.execution, feedback.finished != Finished::Failure) == (Execution::Closed, true) {
            // the version came before the word
            self.installed_at = Some(now);
            return Ok(self);
        }
        if !self.is_open_to_device() {
            return Err(ActionError::Closed);
        }
        if self.state == ActionState::Confirming {
            return Err(ActionError::Phase);
        }
        if self.entries >= ENTRIES_MAX && !feedback.is_final() {
            return Err(ActionError::TooMany);
        }
        self.progress = feedback.progress.or(self.progress);
        self.code = feedback.code.or(self.code);
        let cancelling = self.state == ActionState::Cancelling;
        Ok(match (feedback.execution, feedback.finished) {
            (Execution::Closed, Finished::Failure) => self.closed(ActionState::Failed, REPORTED, now),
            (Execution::Closed, Finished::Success | Finished::None) => {
                self.installed_at = Some(now);
                // the restart gets a span of its own
                self.begun_at = Some(now);
                self.to(ActionState::Installed, now).heard(now)
            }
            (Execution::Canceled, _) => self.closed(ActionState::Cancelled, STOPPED, now),
            // a refusal is no progress: its deadline goes on
            (Execution::Rejected, _) if self.begun_at.is_some() => self,
            (Execution::Rejected, _) => self.to(ActionState::Retrieved, now).heard(now),
            (_, _) if cancelling => self,
            (Execution::Download, _) => self.to(ActionState::Downloading, now).heard(now),
            (Execution::Downloaded, _) => self.to(ActionState::Downloaded, now).heard(now),
            (Execution::Proceeding | Execution::Scheduled | Execution::Resumed, _) => {
                self.to(ActionState::Installing, now).heard(now)
            }
        })
    }

    /// The device answers to the wish to stop.
    pub fn answer_cancel(self, feedback: &Feedback, now: Timestamp) -> Result<Self, ActionError> {
        if self.state.is_closed() {
            return Err(ActionError::Closed);
        }
        if self.state != ActionState::Cancelling {
            return Err(ActionError::NotCancelling);
        }
        if self.entries >= ENTRIES_MAX && !feedback.is_final() {
            return Err(ActionError::TooMany);
        }
        Ok(match (feedback.execution, feedback.finished) {
            (Execution::Closed, Finished::Success | Finished::None) => {
                self.closed(ActionState::Cancelled, STOPPED, now)
            }
            (Execution::Closed, Finished::Failure) | (Execution::Rejected, _) => {
                self.to(ActionState::Installing, now).heard(now)
            }
            (_, _) => self,
        })
    }

    /// The device, or its user, consents or refuses; a refusal takes back a consent until it installs.
    pub fn confirm(self, confirmed: bool, now: Timestamp) -> Result<Self, ActionError> {
        use ActionState::*;
        if self.state.is_closed() {
            return Err(ActionError::Closed);
        }
        match (self.state, confirmed) {
            (Confirming, true) => Ok(self.to(Offered, now)),
            (Confirming, false) => Ok(self),
            (Offered | Retrieved | Downloading | Downloaded, false) if self.consent => {
                let mut action = self.to(Confirming, now);
                (action.begun_at, action.deadline) = (None, None);
                Ok(action)
            }
            _ => Err(ActionError::Phase),
        }
    }

    /// The device reports a version, that of this action's release or another. `None` when that changes nothing.
    pub fn reported(self, same: bool, now: Timestamp) -> Option<Self> {
        match (self.state.is_closed(), same) {
            (true, _) => None,
            (false, true) => Some(self.to(ActionState::Done, now)),
            (false, false) if self.installed_at.is_some() => Some(self.closed(ActionState::Failed, FELL_BACK, now)),
            (false, false) => None,
        }
    }

    /// The device is silent past its deadline. `None` when it is not.
    pub fn overdue(mut self, now: Timestamp) -> Option<Self> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return None;
        }
        self.deadline = None;
        match self.state {
            ActionState::Cancelling => Some(self.closed(ActionState::Cancelled, WITHDRAWN, now)),
            state if state.is_out() => Some(self.to(ActionState::Overdue, now)),
            _ => None,
        }
    }

    /// Its campaign ended: what has not begun is cancelled, what does not install yet is asked to stop.
    /// `None` where it goes on to its end.
    pub fn withdraw(self, now: Timestamp) -> Option<Self> {
        use ActionState::*;
        match self.state {
            Confirming | Offered => Some(self.closed(Cancelled, WITHDRAWN, now)),
            Retrieved | Downloading | Downloaded => Some(self.to(Cancelling, now).heard(now)),
            _ => None,
        }
    }

    /// The device changed hands, or its life ended: whatever was under way is nobody's any more.
    pub fn leave(self, now: Timestamp) -> Option<Self> {
        (!self.state.is_closed()).then(|| self.closed(ActionState::Cancelled, LEFT, now))
    }

    /// A newer release of the same product takes its place: only where the device has not begun, or is overdue.
    pub fn supersede(self, newer: ReleaseRow, now: Timestamp) -> Option<Self> {
        let free = self.state.is_waiting() || self.state == ActionState::Overdue;
        (free && newer > self.release).then(|| self.closed(ActionState::Cancelled, SUPERSEDED, now))
    }
}

/// What becomes of the action that the device installed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installs {
    /// It stays.
    Keeps,
    /// It is this one.
    This,
    /// There is none.
    Nothing,
}

/// A step of an action, as it is saved: with the counters of its group, in one change.
#[derive(Debug, Clone)]
pub struct ActionStep {
    /// The state before.
    pub before: ActionState,
    /// The move that the decision was made on.
    pub decided_on: u32,
    /// The action after.
    pub action: Action,
    /// What the device said.
    pub messages: Vec<String>,
    /// When.
    pub at: Timestamp,
    /// What becomes of the action that the device installed last.
    pub installs: Installs,
}

impl ActionStep {
    /// From `before` to `after`, with what the device said.
    pub fn new(before: &Action, mut after: Action, messages: Vec<String>, at: Timestamp) -> Self {
        after.moves = before.moves + 1;
        after.entries += u32::from(!messages.is_empty());
        let installs = match (before.state == after.state, after.state, after.reason) {
            (false, ActionState::Installed | ActionState::Done, _) => Installs::This,
            (false, ActionState::Failed, Some(FELL_BACK)) => Installs::Nothing,
            _ => Installs::Keeps,
        };
        ActionStep { before: before.state, decided_on: before.moves, action: after, messages, at, installs }
    }

    /// Whether it takes a place among the devices that update at once: only while the campaign runs and has room.
    pub fn is_gated(&self) -> bool {
        self.before.is_waiting() && self.action.state.is_busy()
    }
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
