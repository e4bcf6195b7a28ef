//! Groups of a campaign: how far each goes, which devices fall into it, how its actions stand.

use crate::action::ActionState;
use crate::id::{DeviceRow, Uuid};
use crate::stop::{Share, Tally};
use crate::time::Timestamp;

/// How far a campaign has come when a group is through: counted over all devices, earlier groups included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A share of the targets, at least one more device.
    Share(Share),
    /// So many devices.
    Devices(u32),
}

/// What is said of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewGroup {
    /// How far it goes.
    pub extent: Extent,
    /// The next one opens when so many percent of it run the release.
    pub success: Option<u8>,
}

/// Where a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum GroupState {
    /// Not yet.
    Waiting = 0,
    /// Its devices are being taken in.
    Filling,
    /// All of them are in.
    Filled,
}

impl GroupState {
    /// All, in the order of their codes.
    pub const ALL: [GroupState; 3] = [GroupState::Waiting, GroupState::Filling, GroupState::Filled];
}

/// How many actions stand where; conditional counters in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts(pub [u32; 12]);

impl Counts {
    /// Those in one state.
    pub fn of(&self, state: ActionState) -> u32 {
        self.0[state as usize]
    }

    /// An action moved.
    pub fn moved(&mut self, from: Option<ActionState>, to: ActionState) {
        if let Some(from) = from {
            self.0[from as usize] -= 1;
        }
        self.0[to as usize] += 1;
    }

    /// All.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    fn sum(&self, which: impl Fn(ActionState) -> bool) -> u32 {
        ActionState::ALL.into_iter().filter(|state| which(*state)).map(|state| self.of(state)).sum()
    }

    /// Those that did not begin.
    pub fn waiting(&self) -> u32 {
        self.sum(ActionState::is_waiting)
    }

    /// What the stop rule judges.
    pub fn tally(&self) -> Tally {
        let failed = self.of(ActionState::Failed) + self.of(ActionState::Overdue);
        Tally { answered: self.of(ActionState::Done) + failed, failed, out: self.sum(ActionState::is_out) }
    }
}

impl std::ops::Add for Counts {
    type Output = Counts;
    fn add(self, other: Counts) -> Counts {
        Counts(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

/// A group of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// From 1.
    pub number: u32,
    /// How far it goes.
    pub extent: Extent,
    /// The next one opens when so many percent of it run the release.
    pub success: u8,
    /// Where it stands.
    pub state: GroupState,
    /// How many devices it takes; known once they were counted.
    pub size: u32,
    /// It takes devices whose place is not above this.
    pub threshold: u32,
    /// Devices up to this one were looked at.
    pub cursor: DeviceRow,
    /// Its actions by state.
    pub counts: Counts,
    /// Since when it is open.
    pub opened_at: Option<Timestamp>,
}

/// The place of a device in a campaign: spread evenly, the same at every look, of nobody's choice.
pub fn place(campaign: Uuid, device: DeviceRow) -> u32 {
    let (high, low) = campaign.as_u64_pair();
    let mut z = (high ^ low.rotate_left(32)).wrapping_add((device.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 32) as u32
}

/// Whether a place lies within a share.
pub fn within(place: u32, share: Share) -> bool {
    u64::from(place) * u64::from(Share::ALL.get()) < u64::from(share.get()) << 32
}

/// How the places of the targets lie: so many per interval of 2^16.
pub struct Places(Vec<u32>);

impl Default for Places {
    fn default() -> Self {
        Places(vec![0; 1 << 16])
    }
}

impl Places {
    /// Counts one.
    pub fn add(&mut self, place: u32) {
        self.0[(place >> 16) as usize] += 1;
    }

    /// A place that `count` targets, or a few more, do not exceed.
    fn threshold(&self, count: u32) -> u32 {
        let mut seen = 0;
        for (interval, here) in self.0.iter().enumerate() {
            seen += here;
            if seen >= count {
                return ((interval as u32) << 16) | 0xffff;
            }
        }
        u32::MAX
    }
}

/// Sizes and thresholds of the groups, once the targets are known. Each takes one device at least, as far as there are
/// any; the last takes whatever is left, also what joined meanwhile.
pub fn plan(groups: &mut [Group], targets: u32, places: &Places) {
    let (mut before, last) = (0u32, groups.len());
    for group in groups.iter_mut() {
        let wanted = match group.extent {
            Extent::Share(share) => share.of(targets),
            Extent::Devices(devices) => devices,
        };
        let end = wanted.max(before + 1).min(targets);
        if group.number as usize == last {
            (group.size, group.threshold) = (u32::MAX, u32::MAX);
        } else {
            (group.size, group.threshold) = (end - before, places.threshold(end));
        }
        before = end;
    }
}
