//! Owner periods: whose a part of a device's history is, and who sees it.
//!
//! The maker sees period 0, the present owner its own periods; who owned a device before sees nothing of it. What the
//! public page stamps, everybody sees who sees the device at all.

use crate::device::Device;
use crate::event::Event;
use crate::id::OrganisationRow;

/// How much of an event somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// All of it.
    Whole,
    /// That it happened and when, as on the public page; its words are another's.
    Bare,
    /// Nothing.
    Hidden,
}

/// The part of a device's history that an organisation sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    periods: Vec<u32>,
    stamped: Vec<u32>,
}

impl Sight {
    /// Of `organisation`, which held `device` in the periods `held`.
    pub fn of(device: &Device, organisation: OrganisationRow, held: &[u32]) -> Self {
        let own = held.iter().copied().filter(|_| device.owner == organisation);
        let made = (device.maker == organisation).then_some(0);
        let stamped = device.stamps.iter().filter_map(|stamp| stamp.sequence).collect();
        Sight { periods: own.chain(made).collect(), stamped }
    }

    /// Whether a period is seen whole.
    pub fn period(&self, period: u32) -> bool {
        self.periods.contains(&period)
    }

    /// How much of an event is seen.
    pub fn event(&self, event: &Event) -> View {
        match (self.period(event.period), self.stamped.contains(&event.sequence)) {
            (true, _) => View::Whole,
            (false, true) if event.has_words() => View::Bare,
            (false, true) => View::Whole,
            (false, false) => View::Hidden,
        }
    }
}

#[cfg(test)]
#[path = "period_tests.rs"]
mod tests;
