//! Counts that move with what a transaction writes: added up in memory, written once at its end.
//!
//! Why here: a transaction may hold thousands of changes to one count. Invariant: a change that is refused moves nothing.

use crate::engine::Connection;
use crate::error::Error;
use crate::station::{self, Work};
use crate::{batch, pulse, tally};
use tegata_domain::change::Made;
use tegata_domain::device::{Device, Stage};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::finding::Finding;
use tegata_domain::id::{BatchRow, ReleaseRow};
use tegata_domain::permit::Right;
use tegata_domain::pulse::{Beat, beats};
use tegata_domain::tally::{Deltas, Place, Standing};
use tegata_domain::time::Timestamp;

/// What became of a device of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Its line confirmed it.
    Confirmed,
    /// Its life ended before.
    Voided,
}

/// What one transaction moves.
#[derive(Default)]
pub(crate) struct Moved {
    places: Deltas<Place>,
    beats: Deltas<Beat>,
    batches: Deltas<(BatchRow, Outcome)>,
    work: Deltas<Work>,
    /// When the last event of them happened.
    at: Option<Timestamp>,
    /// When a station last made a device, or was refused one.
    worked_at: Option<Timestamp>,
    /// What the changes rest on that are applied now.
    pub(crate) right: Option<Right>,
}

/// How much had moved at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Mark([usize; 4]);

impl Moved {
    /// A device was made.
    pub(crate) fn made(&mut self, made: &Made) {
        Standing::of(&made.device, None).places().for_each(|place| self.places.add(place, 1));
        self.happened(&made.device, &made.event);
        self.worked(made.device.batch, station::Outcome::Made, made.event.at);
    }

    /// Something was found; in a batch, a station was refused a device.
    pub(crate) fn found(&mut self, finding: &Finding) {
        if let (Some(batch), None) = (finding.batch, finding.device) {
            self.worked(batch, station::Outcome::Refused, finding.at);
        }
    }

    fn worked(&mut self, batch: BatchRow, outcome: station::Outcome, at: Timestamp) {
        if let Some(Right::Token(token)) = self.right {
            self.work.add((batch, token, outcome), 1);
            self.worked_at = self.worked_at.max(Some(at));
        }
    }

    /// A device went on from where it stood.
    pub(crate) fn stepped(&mut self, before: &Standing, after: &Device, events: &[Event]) {
        self.places(before, &Standing::of(after, before.release));
        events.iter().for_each(|event| self.happened(after, event));
        let confirmed = events.iter().any(|event| event.kind == EventKind::Confirmed);
        if confirmed {
            self.batches.add((after.batch, Outcome::Confirmed), 1);
        }
        if !after.confirmed && after.stage == Stage::Retired && before.stage != Stage::Retired {
            self.batches.add((after.batch, Outcome::Voided), 1);
        }
    }

    /// A device runs something else.
    pub(crate) fn ran(&mut self, before: &Standing, release: Option<ReleaseRow>) {
        self.places(before, &Standing { release, ..*before });
    }

    fn places(&mut self, before: &Standing, after: &Standing) {
        if before != after {
            before.places().for_each(|place| self.places.add(place, -1));
            after.places().for_each(|place| self.places.add(place, 1));
        }
    }

    fn happened(&mut self, device: &Device, event: &Event) {
        beats(device, event).for_each(|beat| self.beats.add(beat, 1));
        self.at = self.at.max(Some(event.at));
    }

    /// When the last event happened.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// From here on it can be taken back.
    pub(crate) fn mark(&mut self) -> Mark {
        Mark([self.places.mark(), self.beats.mark(), self.batches.mark(), self.work.mark()])
    }

    /// Takes back what moved since that mark.
    pub(crate) fn back_to(&mut self, Mark([places, beats, batches, work]): Mark) {
        self.places.back_to(places);
        self.beats.back_to(beats);
        self.batches.back_to(batches);
        self.work.back_to(work);
    }

    /// Writes it down.
    pub(crate) fn settle(&self, c: &Connection) -> Result<(), Error> {
        tally::settle(c, &self.places.sums())?;
        pulse::settle(c, &self.beats.sums())?;
        station::settle(c, &self.work.sums(), self.worked_at)?;
        for ((row, outcome), by) in self.batches.sums() {
            match outcome {
                Outcome::Confirmed => batch::confirm(c, row, by, self.at)?,
                Outcome::Voided => batch::void(c, row, by)?,
            }
        }
        Ok(())
    }
}
