//! Sessions: what the platform remembers of the heartbeats of one device.

use crate::id::DeviceRow;
use crate::ratchet::Ratchet;

/// The session of a device in its present epoch. Tokens of earlier epochs are not known any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The device.
    pub device: DeviceRow,
    /// The version that changes are decided on; 0 before the first heartbeat.
    pub version: u32,
    /// The owner period that it belongs to.
    pub period: u32,
    /// Counts the new beginnings: another owner, a release from quarantine.
    pub epoch: u32,
    /// The tokens.
    pub ratchet: Ratchet,
}

impl Session {
    /// Of a device that never gave a heartbeat.
    pub fn first(device: DeviceRow, period: u32) -> Self {
        Session { device, version: 0, period, epoch: 0, ratchet: Ratchet::default() }
    }

    /// As it stands in owner period `period`: another owner begins a new epoch.
    pub fn of_period(self, period: u32) -> Self {
        if self.period == period {
            return self;
        }
        Session { period, epoch: self.epoch + 1, ratchet: Ratchet::default(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratchet::Shown;

    #[test]
    fn another_owner_begins_anew() {
        let mut session = Session::first(DeviceRow(1), 0);
        session.ratchet = session.ratchet.show(Shown::Nothing).0;
        assert_eq!(session.clone().of_period(0), session);
        let next = session.of_period(1);
        assert_eq!((next.epoch, next.period, next.ratchet), (1, 1, Ratchet::default()));
    }
}
