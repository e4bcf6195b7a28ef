//! Binds events to the chain of their device: sequence number, previous commitment, salt.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::change::Write;
use tegata_domain::device::{Device, Step};
use tegata_domain::event::{Event, NewEvent, canonical};
use tegata_domain::id::Uuid;
use tegata_wire::life;

/// The chain of one device, at its end.
pub(crate) struct Chain<'a> {
    pub device: Uuid,
    pub period: u32,
    pub sequence: u32,
    pub head: [u8; 32],
    pub epoch_key: &'a [u8; 32],
}

impl Chain<'_> {
    /// Adds an event to the chain.
    pub(crate) fn bind(&mut self, new: NewEvent) -> Event {
        let sequence = self.sequence + 1;
        let salt = life::salt(self.epoch_key, sequence);
        let commitment = life::commitment(&salt, &canonical(self.device, sequence, &self.head, &new));
        (self.sequence, self.head) = (sequence, commitment);
        Event { sequence, period: self.period, kind: new.kind, at: new.at, data: new.data, commitment }
    }
}

/// The write that takes a device from where it was loaded to where a transition left it. `None` when nothing changed.
pub(crate) async fn write(cx: &Inner, step: Step) -> Result<Option<(Write, Device)>> {
    if step.events.is_empty() {
        return Ok(None);
    }
    let epoch_key = cx.store.event().epoch_key(step.device.row, step.device.period).await?;
    Ok(bind(step, &epoch_key))
}

/// The same under an epoch key that is at hand.
pub fn bind(step: Step, epoch_key: &[u8; 32]) -> Option<(Write, Device)> {
    let Step { mut device, events } = step;
    if events.is_empty() {
        return None;
    }
    let decided_on = device.sequence;
    let mut chain =
        Chain { device: device.uid, period: device.period, sequence: device.sequence, head: device.head, epoch_key };
    let events: Vec<Event> = events.into_iter().map(|new| chain.bind(new)).collect();
    (device.sequence, device.head) = (chain.sequence, chain.head);
    Some((Write::Device { decided_on, device: Box::new(device.clone()), events }, device))
}
