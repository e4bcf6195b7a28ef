//! Pages of batches.

mod list;
mod one;

pub use list::{Filled, Listed, render as list};
pub use one::{Shown, render as one};

use super::shape::badge;
use crate::sentence::Sentence;
use crate::texts::Line;
use tegata_domain::batch::Batch;
use tegata_domain::time::Timestamp;

/// Whether it permits at `now`.
fn permits(batch: &Batch, now: Timestamp) -> bool {
    batch.permits(now).is_ok() && batch.issued < batch.quantity
}

/// Where a batch stands, as a word with its shape.
fn state(t: &'static Line, batch: &Batch, now: Timestamp) -> Sentence {
    let b = t.batch;
    badge(match () {
        () if batch.issued >= batch.quantity => ("well", "well", &b.full),
        () if now < batch.valid_from => ("quiet", "date", &b.not_yet),
        () if now >= batch.valid_until => ("quiet", "ended", &b.ended),
        () => ("well", "running", &b.open),
    })
}
