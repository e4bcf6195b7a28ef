//! What happened in an hour: life events by kind, as an organisation may see them.
//!
//! Invariant: an event counts for its owner, and for the maker where the public page stamps it; nobody learns from a
//! count what the list of events hides.

use crate::device::Device;
use crate::event::{Event, EventKind};
use crate::id::OrganisationRow;
use crate::time::Timestamp;

/// One count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beat {
    /// Whose.
    pub organisation: OrganisationRow,
    /// Hours since 1970.
    pub hour: i64,
    /// What happened.
    pub kind: EventKind,
}

/// The hour that a moment lies in, since 1970.
pub fn hour(at: Timestamp) -> i64 {
    at.seconds() / 3600
}

/// For whom an event counts; `device` is as the change with the event left it.
pub fn beats(device: &Device, event: &Event) -> impl Iterator<Item = Beat> {
    let (hour, kind) = (hour(event.at), event.kind);
    let sold = device.owner != device.maker;
    let stamped = sold && device.stamps.iter().any(|stamp| stamp.sequence == Some(event.sequence));
    let maker = stamped.then_some(device.maker);
    [device.owner].into_iter().chain(maker).map(move |organisation| Beat { organisation, hour, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Said, tests::device};

    fn event(sequence: u32, kind: EventKind) -> Event {
        let data = serde_json::json!({});
        Event { sequence, period: 0, kind, at: Timestamp::from_millis(7_200_001), data, commitment: [0; 32] }
    }

    #[test]
    fn the_maker_of_a_sold_device_hears_of_stamps_alone() {
        let step = device().install(Said::by("owner"), Timestamp::from_millis(1)).unwrap();
        let sold = Device { owner: OrganisationRow(9), ..step.device };
        let stamp = sold.stamps.last().and_then(|stamp| stamp.sequence).unwrap();
        let whose = |device: &Device, sequence, kind| {
            beats(device, &event(sequence, kind)).map(|b| (b.organisation.0, b.hour)).collect::<Vec<_>>()
        };
        let maker = sold.maker.0;
        assert_eq!(whose(&sold, stamp, EventKind::Installed), [(9, 2), (maker, 2)]);
        assert_eq!(whose(&sold, stamp + 1, EventKind::Quarantined), [(9, 2)]);
        let own = Device { owner: sold.maker, ..sold };
        assert_eq!(whose(&own, stamp, EventKind::Installed), [(maker, 2)], "once");
    }
}
