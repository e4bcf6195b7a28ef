//! Campaigns: a release for many devices, group after group, as long as the stop rule is quiet.
//!
//! Why here: what happens next follows from the counts of the groups alone, so that a whole campaign can be played in
//! memory. Invariant: a group opens only when the one before it succeeded and the rule would be quiet at the worst.

mod group;

pub use group::{Counts, Extent, Group, GroupState, NewGroup, Places, place, plan, within};

use crate::action::{Action, ActionState, ActionStep};
use crate::device::{Condition, Stage};
use crate::id::{ActionRow, CampaignRow, DeviceRow, OrganisationRow, ProductRow, ReleaseRow, Uuid};
use crate::release::Release;
use crate::stop::{Share, StopRule, Tally};
use crate::time::Timestamp;
use std::time::Duration;

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CampaignState {
    /// It offers.
    Running = 0,
    /// Somebody holds it; devices that began go on.
    Paused,
    /// The stop rule ended it.
    Stopped,
    /// Somebody ended it.
    Cancelled,
    /// Every device came to an end.
    Finished,
}

impl CampaignState {
    /// All, in the order of their codes.
    pub const ALL: [CampaignState; 5] = [
        CampaignState::Running,
        CampaignState::Paused,
        CampaignState::Stopped,
        CampaignState::Cancelled,
        CampaignState::Finished,
    ];

    /// Its word in the API.
    pub fn name(self) -> &'static str {
        ["running", "paused", "stopped", "cancelled", "finished"][self as usize]
    }
}

/// The groups of a campaign when nothing is said: a canary of 0.25 %, then 1, 5, 25 and 100 %.
pub const GROUPS_DEFAULT: [u32; 5] = [25, 100, 500, 2500, 10_000];
/// The most groups.
pub const GROUPS_MAX: usize = 50;
/// Percent of a group that must run the release before the next one opens.
pub const SUCCESS_DEFAULT: u8 = 90;
/// The largest share of failures that a campaign bears when nothing is said: 2 %.
pub const LIMIT_DEFAULT: u32 = 200;
/// So many answers make a judgement when nothing is said.
pub const LEAST_DEFAULT: u32 = 20;
/// The most numbers that a selection names.
pub const NUMBERS_MAX: usize = 2000;
/// The longest deadline.
pub const SPAN_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// Which devices of the release's product, within the reach of who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only these, by their rows.
    pub devices: Vec<DeviceRow>,
    /// Only those at this stage.
    pub stage: Option<Stage>,
    /// Only those that report this version.
    pub version: Option<String>,
    /// Only a share of them, the same for the same campaign.
    pub share: Option<Share>,
}

/// What is said of a new campaign.
#[derive(Debug, Clone, Default)]
pub struct NewCampaign {
    /// Which devices.
    pub selection: Selection,
    /// Groups in order; the default when there are none. One for all that is left is added when the last says less.
    pub groups: Vec<NewGroup>,
    /// Whether devices must not put it off; yes when absent.
    pub forced: Option<bool>,
    /// Whether device or user are asked first.
    pub consent: bool,
    /// How long a device that began may be silent.
    pub span: Option<Duration>,
    /// The largest share of failures that is borne.
    pub limit: Option<Share>,
    /// So many answers make a judgement.
    pub least: Option<u32>,
    /// At most so many devices update at the same time.
    pub at_once: Option<u32>,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Row.
    pub row: CampaignRow,
    /// Outward id.
    pub uid: Uuid,
    /// Whose.
    pub organisation: OrganisationRow,
    /// What is rolled out.
    pub release: ReleaseRow,
    /// Of which product.
    pub product: ProductRow,
    /// Whether its organisation is the product's maker: its reach is every device of it, else those it owns.
    pub by_maker: bool,
    /// Where it stands.
    pub state: CampaignState,
    /// Why it stopped or ended, for people.
    pub reason: Option<String>,
    /// Moves that it made; the version that changes are decided on.
    pub moves: u32,
    /// Which devices.
    pub selection: Selection,
    /// Whether devices must not put it off.
    pub forced: bool,
    /// Whether device or user are asked first.
    pub consent: bool,
    /// How long a device that began may be silent.
    pub span: Duration,
    /// When it stops by itself.
    pub rule: StopRule,
    /// At most so many devices update at the same time.
    pub at_once: u32,
    /// Those that do; a conditional counter in the store.
    pub busy: u32,
    /// Devices that the selection met; `None` until they were counted.
    pub targets: Option<u32>,
    /// Devices that ran the release already.
    pub current: u32,
    /// Devices that another campaign kept.
    pub skipped: u32,
    /// Nothing is left to do for it.
    pub settled: bool,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// Since when it is stopped, cancelled or finished.
    pub ended_at: Option<Timestamp>,
}

/// Why a campaign cannot be created or changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CampaignError {
    /// Too many groups.
    #[error("a campaign has at most {GROUPS_MAX} groups")]
    Groups,
    /// Groups that do not grow.
    #[error(
        "each group says how far the campaign has come when it is through, in percent or devices: more than before"
    )]
    Order,
    /// A success of more than everything, or of nothing.
    #[error("success is 1 to 100 percent of the group")]
    Success,
    /// A deadline of nothing, or of ages.
    #[error("deadline_minutes is 1 to 43200")]
    Span,
    /// Too many numbers.
    #[error("a selection names at most {NUMBERS_MAX} numbers; leave numbers out, and say stage, version or percent")]
    Numbers,
    /// Nobody may update.
    #[error("at_once is at least 1")]
    AtOnce,
    /// It is over.
    #[error("this campaign is {0}; create a new one")]
    Ended(&'static str),
}

impl CampaignError {
    /// Which it is, for catalogues of texts.
    pub fn case(&self) -> &'static str {
        match self {
            CampaignError::Groups => "campaign.groups",
            CampaignError::Order => "campaign.order",
            CampaignError::Success => "campaign.success",
            CampaignError::Span => "campaign.span",
            CampaignError::Numbers => "campaign.numbers",
            CampaignError::AtOnce => "campaign.at_once",
            CampaignError::Ended(_) => "campaign.ended",
        }
    }
}

/// A device within reach, as far as a selection asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The device.
    pub device: DeviceRow,
    /// What it is.
    pub product: ProductRow,
    /// Where it stands.
    pub stage: Stage,
    /// How it is.
    pub condition: Condition,
    /// Whether the line confirmed it.
    pub confirmed: bool,
    /// The version that it reports.
    pub version: Option<String>,
    /// Its owner period.
    pub period: u32,
}

/// Whether a selection meets a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    /// It is none of the selection's.
    No,
    /// It would be, but it runs the release already.
    Current,
    /// It is a target.
    Yes,
}

/// The next state of a campaign, and of groups that change with it.
#[derive(Debug, Clone)]
pub struct CampaignStep {
    /// The move that the decision was made on.
    pub decided_on: u32,
    /// The campaign after; its counters are not written.
    pub campaign: Campaign,
    /// Groups whose state, size, threshold and cursor are written.
    pub groups: Vec<Group>,
}

/// A device that a group takes in.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is offered.
    pub action: Action,
    /// The owner period that this was decided in: the device is left out if it changed hands meanwhile.
    pub period: u32,
    /// What this takes the place of.
    pub superseded: Option<ActionStep>,
}

/// Devices that a group takes in.
#[derive(Debug, Clone)]
pub struct Fill {
    /// Of which campaign.
    pub campaign: CampaignRow,
    /// Which group.
    pub group: u32,
    /// Where its cursor stood.
    pub from: DeviceRow,
    /// Where it stands then.
    pub to: DeviceRow,
    /// Nothing is left to take in.
    pub filled: bool,
    /// What is offered.
    pub entries: Vec<Entry>,
    /// Devices that another campaign keeps.
    pub skipped: u32,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Count the targets.
    Survey,
    /// Open this group.
    Open(u32),
    /// Take in more devices of this group.
    Fill(u32),
    /// Stop: why.
    Stop(String),
    /// Every device came to an end.
    Finish(Option<String>),
    /// Take back what did not begin.
    Withdraw,
    /// Nothing until something happens.
    Wait,
}

impl NewCampaign {
    /// Checks what was said and fills in what was not.
    pub fn check(&self) -> Result<(), CampaignError> {
        if self.selection.devices.len() > NUMBERS_MAX {
            return Err(CampaignError::Numbers);
        }
        if self.span.is_some_and(|span| span < Duration::from_secs(60) || span > SPAN_MAX) {
            return Err(CampaignError::Span);
        }
        if self.at_once == Some(0) {
            return Err(CampaignError::AtOnce);
        }
        if self.groups.len() > GROUPS_MAX {
            return Err(CampaignError::Groups);
        }
        if self.groups.iter().any(|group| group.success.is_some_and(|percent| !(1..=100).contains(&percent))) {
            return Err(CampaignError::Success);
        }
        let grows = |pair: &[NewGroup]| match (pair[0].extent, pair[1].extent) {
            (Extent::Share(one), Extent::Share(next)) => one < next,
            (Extent::Devices(one), Extent::Devices(next)) => one < next,
            (Extent::Devices(_), Extent::Share(_)) => true,
            (Extent::Share(_), Extent::Devices(_)) => false,
        };
        let empty = self.groups.first().is_some_and(|group| group.extent == Extent::Devices(0));
        if empty || !self.groups.windows(2).all(grows) {
            return Err(CampaignError::Order);
        }
        Ok(())
    }

    /// Its groups, the last of which takes all that is left.
    pub fn groups(&self) -> Vec<Group> {
        let share = |hundredths| NewGroup { extent: Extent::Share(Share::hundredths(hundredths)), success: None };
        let mut said = self.groups.clone();
        if said.is_empty() {
            said = GROUPS_DEFAULT.map(share).to_vec();
        }
        if said.last().is_none_or(|last| last.extent != Extent::Share(Share::ALL)) {
            said.push(share(Share::ALL.get()));
        }
        let group = |(i, new): (usize, &NewGroup)| Group {
            number: i as u32 + 1,
            extent: new.extent,
            success: new.success.unwrap_or(SUCCESS_DEFAULT),
            state: GroupState::Waiting,
            size: 0,
            threshold: 0,
            cursor: DeviceRow(0),
            counts: Counts::default(),
            opened_at: None,
        };
        said.iter().enumerate().map(group).collect()
    }
}

impl Campaign {
    /// Whether the selection meets a device. Held devices take a remedy only; those that ended, or never were
    /// confirmed, nothing.
    pub fn meets(&self, candidate: &Candidate, release: &Release) -> Meets {
        let Candidate { device, product, stage, condition, confirmed, version, .. } = candidate;
        let held = matches!(condition, Condition::Quarantined | Condition::Recalled) && !release.remedy;
        if *product != self.product || *stage == Stage::Retired || !confirmed || held {
            return Meets::No;
        }
        let select = &self.selection;
        let asked = (select.devices.is_empty() || select.devices.contains(device))
            && select.stage.is_none_or(|asked| asked == *stage)
            && select.version.as_ref().is_none_or(|asked| Some(asked) == version.as_ref())
            && select.share.is_none_or(|share| within(place(self.uid, *device), share));
        match (asked, version.as_ref() == Some(&release.version)) {
            (false, _) => Meets::No,
            (true, true) => Meets::Current,
            (true, false) => Meets::Yes,
        }
    }

    /// What a device of a group is offered; `consents` when it gave a standing consent.
    pub fn offer(&self, row: ActionRow, (device, group): (DeviceRow, u32), consents: bool, now: Timestamp) -> Action {
        let asks = self.consent && !consents;
        Action {
            row,
            device,
            campaign: self.row,
            group,
            release: self.release,
            state: if asks { ActionState::Confirming } else { ActionState::Offered },
            forced: self.forced,
            consent: self.consent,
            span: self.span,
            moves: 0,
            entries: 0,
            offered_at: now,
            begun_at: None,
            installed_at: None,
            deadline: None,
            closed_at: None,
            progress: None,
            code: None,
            reason: None,
        }
    }

    /// What is to be done next.
    pub fn turn(&self, groups: &[Group]) -> Turn {
        match self.state {
            CampaignState::Running => self.go_on(groups),
            CampaignState::Stopped | CampaignState::Cancelled if !self.settled => Turn::Withdraw,
            // devices that began go on, and may show that it must not be resumed
            CampaignState::Paused => self.judge(groups).unwrap_or(Turn::Wait),
            CampaignState::Stopped | CampaignState::Cancelled | CampaignState::Finished => Turn::Wait,
        }
    }

    fn tally(groups: &[Group]) -> Tally {
        groups.iter().fold(Counts::default(), |sum, group| sum + group.counts).tally()
    }

    fn judge(&self, groups: &[Group]) -> Option<Turn> {
        self.rule.fires(Self::tally(groups)).map(Turn::Stop)
    }

    fn go_on(&self, groups: &[Group]) -> Turn {
        let Some(targets) = self.targets else { return Turn::Survey };
        if targets == 0 {
            let why = format!(
                "no device is met by the selection; {} of the product and in reach run the release already",
                self.current
            );
            return Turn::Finish(Some(why));
        }
        if let Some(stop) = self.judge(groups) {
            return stop;
        }
        let Some(group) = groups.iter().rev().find(|group| group.state != GroupState::Waiting) else {
            return Turn::Open(1);
        };
        if group.state == GroupState::Filling {
            return Turn::Fill(group.number);
        }
        let counts = &group.counts;
        let (tally, all) = (counts.tally(), counts.total() - counts.of(ActionState::Cancelled));
        let done = counts.of(ActionState::Done);
        let succeeded = u64::from(done) * 100 >= u64::from(all) * u64::from(group.success);
        let nothing_comes = tally.out + counts.waiting() + counts.of(ActionState::Cancelling) == 0;
        let worst = self.rule.quiet_at_worst(Self::tally(groups));
        match (succeeded, groups.get(group.number as usize)) {
            (false, _) if nothing_comes => Turn::Stop(format!(
                "only {done} of {all} devices of group {} run the release; it takes {} %",
                group.number, group.success
            )),
            (true, Some(next)) if worst => Turn::Open(next.number),
            (true, None) if groups.iter().all(|g| g.counts.waiting() + g.counts.tally().out == 0) => Turn::Finish(None),
            _ => Turn::Wait,
        }
    }

    fn ended(&self) -> Result<(), CampaignError> {
        match self.state {
            CampaignState::Running | CampaignState::Paused => Ok(()),
            ended => Err(CampaignError::Ended(ended.name())),
        }
    }

    /// Somebody holds it. A second time changes nothing.
    pub fn pause(mut self) -> Result<Self, CampaignError> {
        self.ended()?;
        self.state = CampaignState::Paused;
        Ok(self)
    }

    /// It goes on. A second time changes nothing.
    pub fn resume(mut self) -> Result<Self, CampaignError> {
        self.ended()?;
        self.state = CampaignState::Running;
        Ok(self)
    }

    /// Somebody ends it. A second time changes nothing; one that the rule stopped stays so.
    pub fn cancel(self, reason: Option<String>, now: Timestamp) -> Result<Self, CampaignError> {
        match self.state {
            CampaignState::Cancelled => Ok(self),
            _ => {
                self.ended()?;
                Ok(self.end(CampaignState::Cancelled, reason, now))
            }
        }
    }

    /// The rule ended it.
    pub fn stop(self, reason: String, now: Timestamp) -> Self {
        self.end(CampaignState::Stopped, Some(reason), now)
    }

    /// Every device came to an end.
    pub fn finish(self, reason: Option<String>, now: Timestamp) -> Self {
        let mut campaign = self.end(CampaignState::Finished, reason, now);
        campaign.settled = true;
        campaign
    }

    fn end(mut self, state: CampaignState, reason: Option<String>, now: Timestamp) -> Self {
        (self.state, self.reason, self.ended_at) = (state, reason, Some(now));
        self
    }
}

#[cfg(test)]
#[path = "campaign_tests.rs"]
mod tests;
